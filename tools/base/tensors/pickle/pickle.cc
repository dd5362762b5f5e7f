#include "tools/base/tensors/pickle/pickle.h"

#include <deque>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/pickle/machine.h"

namespace nclab {
namespace {

// More than any state dict has; what refers to itself ends there.
constexpr int kDeepest = 64;
constexpr size_t kMostVisits = size_t{1} << 22;
constexpr size_t kLongestName = 1024;

template <typename... Words>
absl::Status Wrong(const Words&... words) {
  return absl::InvalidArgumentError(absl::StrCat(words...));
}

struct Walk {
  std::vector<PickledTensor> tensors;
  std::set<std::string> names;
  size_t visits = 0;

  absl::Status Visit(const PickleValue& value, const std::string& name,
                     int depth) {
    if (depth > kDeepest || ++visits > kMostVisits) {
      return Wrong("its containers are nested more than ", kDeepest,
                   " deep, or hold more than ", kMostVisits, " things");
    }
    if (name.size() > kLongestName) {
      return Wrong("a name in it has ", name.size(), " bytes; at most ",
                   kLongestName, " are read");
    }
    const bool mapping = value.kind == PickleKind::kMapping;
    if (value.kind == PickleKind::kTensor) {
      if (!names.insert(name).second) {
        return Wrong("two tensors in it are named '", name, "'");
      }
      tensors.push_back(value.tensor);
      tensors.back().name = name;
      return absl::OkStatus();
    }
    if (!mapping && value.kind != PickleKind::kSequence)
      return absl::OkStatus();
    for (size_t i = 0; i < value.items.size(); i += mapping ? 2 : 1) {
      const PickleValue& key = *value.items[i];
      if (mapping && key.kind != PickleKind::kText &&
          key.kind != PickleKind::kNumber) {
        return Wrong("a key of a dictionary in it is neither text nor number");
      }
      const std::string part = !mapping ? absl::StrCat(i)
                               : key.kind == PickleKind::kText
                                   ? key.text
                                   : absl::StrCat(key.number);
      NCLAB_RETURN_IF_ERROR(Visit(
          *value.items[i + (mapping ? 1 : 0)],
          name.empty() ? part : absl::StrCat(name, ".", part), depth + 1));
    }
    return absl::OkStatus();
  }
};

}  // namespace

absl::StatusOr<std::vector<PickledTensor>> TensorsOfPickle(
    absl::string_view pickle) {
  std::deque<PickleValue> values;
  NCLAB_ASSIGN_OR_RETURN(const PickleValue* const root,
                         RunPickle(pickle, values));
  Walk walk;
  NCLAB_RETURN_IF_ERROR(walk.Visit(*root, "", 0));
  return std::move(walk.tensors);
}

}  // namespace nclab
