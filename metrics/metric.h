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
#include <vector>

#include "absl/strings/string_view.h"
#include "metrics/statistics/kept.h"
#include "metrics/statistics/moments.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// What a metric may look at. All but the first two are there only if the
// metric's `needs` ask for them.
struct MetricInput {
  const SplitTotals* totals = nullptr;  // scope kSplit
  const Moments* moments = nullptr;     // scope kLayer: at time t
  // Scope kLayer: whose means are the centres. The moments at T for anchor
  // final; `moments` itself for anchor own.
  const Moments* anchor = nullptr;
  const Head* head = nullptr;
  const Gram* means_gram = nullptr;    // of the centred means present
  const Gram* weights_gram = nullptr;  // of all rows of W
  const Projections* projections = nullptr;
  const Clusters* clusters = nullptr;
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

enum class MetricScope { kSplit, kLayer };

enum class MetricAnchors {
  kNone,   // anchor has no meaning: the column is empty
  kOwn,    // means at time t
  kBoth,   // one row with the means at time t, one with those at T
  kFinal,  // centres at T
};

// What a metric looks at besides totals and moments. Where a split or layer
// does not have it (a head is there for layer `features` only), there is no
// row.
enum MetricNeeds : unsigned {
  kNeedsNothing = 0,
  kNeedsHead = 1u << 0,
  kNeedsMeansGram = 1u << 1,
  kNeedsWeightsGram = 1u << 2,
  kNeedsProjections = 1u << 3,
  kNeedsDecisions = 1u << 4,   // in the projections
  kNeedsTrainMeans = 1u << 5,  // in the projections: split test only
  kNeedsClusters = 1u << 6,    // split test only
  kNeedsObjective = 1u << 7,   // in the totals: of runs only
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
  unsigned needs = kNeedsNothing;             // MetricNeeds, joined by |
  unsigned invariance = kInvariantToNothing;  // MetricInvariance, joined by |
  std::string undefined;  // when there is no number; reasons joined by "; "
  std::vector<ParamSpec> params = {};
};

using MetricFunction =
    std::function<MetricValue(const Params&, const MetricInput&)>;

using MetricRegistry = Registry<MetricInfo, MetricFunction>;
MetricRegistry& Metrics();

// Whether everything in `needs` is there.
bool Offers(const MetricInput& input, unsigned needs);

// Registers at static-initialisation time. Returns true.
bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line);

}  // namespace nclab

// In a .cc file only, once per metric. The arguments are a MetricInfo and a
// MetricFunction.
#define NCLAB_REGISTER_METRIC(...) \
  NCLAB_REGISTER(::nclab::RegisterMetric, __VA_ARGS__)

#endif  // NCLAB_METRICS_METRIC_H_
