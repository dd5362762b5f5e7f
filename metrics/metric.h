// What a metric is, and how one is registered.
//
// A metric is a pure function of what one evaluation keeps of one split (and,
// for most, of one layer). It never sees a model or a dataset.
#ifndef NCLAB_METRICS_METRIC_H_
#define NCLAB_METRICS_METRIC_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>

#include "absl/strings/string_view.h"
#include "metrics/moments.h"
#include "tools/base/registry.h"

namespace nclab {

// Sums over a split that need no layer.
struct SplitTotals {
  int64_t samples = 0;
  int64_t correct = 0;  // arg max of the logits is the label
  double loss = 0;      // sum of cross-entropies, in nats
};

// What a metric may look at.
struct MetricInput {
  const SplitTotals* totals = nullptr;  // scope kSplit
  const Moments* moments = nullptr;     // scope kLayer: at time t
  // Scope kLayer: whose means are the centres. The moments at T for anchor
  // final; `moments` itself for anchor own.
  const Moments* anchor = nullptr;
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
inline MetricValue DefinedUnlessNan(double value, absl::string_view reason) {
  return value == value ? Defined(value) : Undefined(reason);
}

enum class MetricScope { kSplit, kLayer };

enum class MetricAnchors {
  kNone,  // anchor has no meaning: the column is empty
  kOwn,   // means at time t
  kBoth,  // one row with the means at time t, one with those at T
};

struct MetricInfo : ItemInfo {
  std::string formula;
  MetricScope scope = MetricScope::kLayer;
  MetricAnchors anchors = MetricAnchors::kOwn;
};

using MetricFunction =
    std::function<MetricValue(const Params&, const MetricInput&)>;

using MetricRegistry = Registry<MetricInfo, MetricFunction>;
MetricRegistry& Metrics();

// Registers at static-initialisation time. Returns true.
bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line);

}  // namespace nclab

// In a .cc file only, once per metric. The arguments are a MetricInfo and a
// MetricFunction.
#define NCLAB_REGISTER_METRIC(info, ...)                 \
  [[maybe_unused]] static const bool nclab_registered_ = \
      ::nclab::RegisterMetric(info, __VA_ARGS__, __FILE__, __LINE__)

#endif  // NCLAB_METRICS_METRIC_H_
