// The finished statistics of a layer, or of a split as a whole, at one time.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_KEPT_H_
#define NCLAB_METRICS_STATISTICS_KEPT_KEPT_H_

#include <map>
#include <memory>
#include <string>
#include <typeindex>
#include <typeinfo>
#include <utility>

#include "absl/strings/string_view.h"
#include "metrics/statistics/kept/array.h"

namespace nclab {

// Not safe to be read by two threads at once: views are made when asked for.
class Kept {
 public:
  // `name`: of a statistic, or "statistic.array".
  bool Has(absl::string_view name) const {
    const size_t dot = name.find('.');
    const auto it = statistics_.find(std::string(name.substr(0, dot)));
    return it != statistics_.end() &&
           (dot == absl::string_view::npos ||
            it->second.count(std::string(name.substr(dot + 1))) > 0);
  }

  // Must be there; so must `array`. Throws if not.
  const Arrays& Get(const std::string& statistic) const {
    return statistics_.at(statistic);
  }
  const Array& Get(const std::string& statistic,
                   const std::string& array) const {
    return Get(statistic).at(array);
  }

  void Set(const std::string& statistic, Arrays arrays) {
    statistics_[statistic] = std::move(arrays);
    views_.clear();
  }
  void Erase(const std::string& statistic) {
    statistics_.erase(statistic);
    views_.clear();
  }

  const std::map<std::string, Arrays>& statistics() const {
    return statistics_;
  }

  // View::Of(*this), made once: statistics in a form that is easy to read, or
  // what several metrics derive from them. See views.h.
  template <typename View>
  const View& As() const {
    std::shared_ptr<const void>& made = views_[std::type_index(typeid(View))];
    if (!made) made = std::make_shared<const View>(View::Of(*this));
    return *static_cast<const View*>(made.get());
  }

 private:
  std::map<std::string, Arrays> statistics_;
  mutable std::map<std::type_index, std::shared_ptr<const void>> views_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_KEPT_H_
