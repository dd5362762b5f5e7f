// variance_ratio: within-class over between-class variance.
//
//   E |h - mu_y|^2  /  (1/K) sum_c |mu_c - mu|^2
//
// The paper's TrainVariance (split train) and StrongTestVariance (split test)
// are the rows with anchor=final: mu_c and mu are then those at the last step.
// The numerator averages over samples, the denominator over classes present.
// Source: arXiv 2202.08384, section 3.1.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"variance_ratio",
                 "within-class over between-class variance of features",
                 "arXiv 2202.08384, section 3.1",
                 {}},
                "E|h - mu_y|^2 / ((1/K) sum_c |mu_c - mu|^2)",
                MetricScope::kLayer,
                MetricAnchors::kBoth,
                kNeedsNothing,
                kInvariantToAll,
                "fewer than two classes; the class means coincide; a class is "
                "absent at T"}),
    [](const Params&, const MetricInput& input) {
      const double between = BetweenVariance(*input.anchor);
      if (input.anchor->present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      if (between == 0) return Undefined("the class means coincide");
      return DefinedIfFinite(
          WithinVarianceAround(*input.moments, *input.anchor) / between,
          "a class present is absent in the anchor, or a feature is not a "
          "number");
    });

}  // namespace
}  // namespace nclab
