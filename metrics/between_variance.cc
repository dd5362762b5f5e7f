// between_variance: (1/K) sum_c |mu_c - mu|^2, the average over the classes
// present. Source: the denominator of arXiv 2202.08384, section 3.1.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"between_variance",
                 "mean squared distance of class means from their mean",
                 "arXiv 2202.08384, section 3.1, denominator",
                 {}},
                "(1/K) sum_c |mu_c - mu|^2",
                MetricScope::kLayer,
                MetricAnchors::kBoth,
                kNeedsNothing,
                kInvariantToRotation | kInvariantToTranslation,
                "fewer than two classes"}),
    [](const Params&, const MetricInput& input) {
      if (input.anchor->present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      return DefinedIfFinite(BetweenVariance(*input.anchor),
                             "a feature is not finite");
    });

}  // namespace
}  // namespace nclab
