// What a metric is, and how one is registered.
//
// A metric is a pure function of the statistics that one evaluation keeps of a
// split (and, for most, of one layer), and of those kept at T. It never sees a
// model, a dataset or a tensor.
#ifndef NCLAB_METRICS_METRIC_H_
#define NCLAB_METRICS_METRIC_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "metrics/statistics/kept/kept.h"
#include "metrics/statistics/kept/views.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// A layer of a split and what is kept of it.
struct Layer {
  std::string name;
  Kept kept;
};

// What a metric may look at: what its `statistics` ask for is there.
struct MetricInput {
  const Kept& now;  // at time t, of the layer; of the split for kSplit, kLayers
  // Whose means are the centres: at T for anchor final, `now` itself else.
  const Kept& anchor;
  // Scope kLayers: those that have the statistics, in network order.
  std::vector<const Layer*> layers;

  // Statistics as a view (metrics/statistics/kept): Of<Moments>().
  template <typename View>
  const View& Of() const {
    return now.As<View>();
  }
  template <typename View>
  const View& AtAnchor() const {
    return anchor.As<View>();
  }
};

// A number, or why there is none.
struct MetricValue {
  double value = std::numeric_limits<double>::quiet_NaN();
  std::string undefined;  // the reason; empty if the value is defined
};

inline MetricValue Defined(double value) { return {value, ""}; }
inline MetricValue Undefined(absl::string_view reason) {
  return {std::numeric_limits<double>::quiet_NaN(), std::string(reason)};
}
// `reason`: of NaN and infinity.
inline MetricValue DefinedIfFinite(double value, absl::string_view reason) {
  return value - value == 0 ? Defined(value) : Undefined(reason);
}

enum class MetricScope {
  kSplit,  // a number of a split
  kLayer,  // of each layer
  kLayers  // of all layers together, two at least: the row names none
};

enum class MetricAnchors {
  kNone,   // anchor has no meaning: the column is empty
  kOwn,    // means at time t
  kBoth,   // one row with the means at time t, one with those at T
  kFinal,  // centres at T
};

// What may be done to all features (and to W along with them) without a change
// of the value beyond rounding. Logits stay as they are. The order of samples,
// their split into batches and the numbering of classes never matter.
enum MetricInvariance : unsigned {
  kInvariantToNothing = 0,
  kInvariantToRotation = 1u << 0,     // h -> Q h, w_c -> Q w_c, Q orthogonal
  kInvariantToTranslation = 1u << 1,  // h -> h + v
  kInvariantToScale = 1u << 2,        // h -> a h, a > 0
  kInvariantToAll = 7,
};

struct MetricInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // paper and figure
  std::string formula;
  MetricScope scope = MetricScope::kLayer;
  MetricAnchors anchors = MetricAnchors::kOwn;
  // Statistics that it looks at, or "statistic.array" where not every one has
  // that array; "head" is W. Where they are not there, there is no row.
  std::vector<std::string> statistics = {};
  unsigned invariance = kInvariantToNothing;  // MetricInvariance, joined by |
  std::string undefined;  // when there is no number; reasons joined by "; "
  std::vector<ParamSpec> params = {};
};

using MetricFunction =
    std::function<MetricValue(const Params&, const MetricInput&)>;

using MetricRegistry = Registry<MetricInfo, MetricFunction>;
MetricRegistry& Metrics();

// Among `statistics`: the last Linear, which is given and not added up.
inline constexpr char kHead[] = "head";

// Registers at static-initialisation time. Returns true.
bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line);

}  // namespace nclab

// In a .cc file only, once per metric. The arguments are a MetricInfo and a
// MetricFunction.
#define NCLAB_REGISTER_METRIC(...) \
  NCLAB_REGISTER(::nclab::RegisterMetric, __VA_ARGS__)

#endif  // NCLAB_METRICS_METRIC_H_
