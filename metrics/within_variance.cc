// within_variance: E |h - mu_y|^2, the average over samples.
// Source: the numerator of arXiv 2202.08384, section 3.1.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"within_variance",
                 "mean squared distance of features from their class mean",
                 "arXiv 2202.08384, section 3.1, numerator",
                 {}},
                "E|h - mu_y|^2",
                MetricScope::kLayer,
                MetricAnchors::kBoth,
                kNeedsNothing,
                kInvariantToRotation | kInvariantToTranslation,
                "no samples; a class is absent at T"}),
    [](const Params&, const MetricInput& input) {
      if (input.moments->total() == 0) return Undefined("no samples");
      return DefinedIfFinite(
          WithinVarianceAround(*input.moments, *input.anchor),
          "a class present is absent in the anchor, or a feature is not a "
          "number");
    });

}  // namespace
}  // namespace nclab
