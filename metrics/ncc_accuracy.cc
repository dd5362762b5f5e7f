// ncc_accuracy: share of samples whose nearest class mean is that of their
// label. The means are this split's own class means.
// Source: nearest class centre, Papyan, Han, Donoho, arXiv 2008.08186,
// section 2.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"ncc_accuracy",
                 "share of samples whose nearest class mean is their label's",
                 "Papyan, Han, Donoho, arXiv 2008.08186",
                 {}},
                "(1/N) #{arg min_c |h - mu_c| = y}",
                MetricScope::kLayer,
                MetricAnchors::kOwn,
                kNeedsProjections}),
    [](const Params&, const MetricInput& input) {
      if (input.moments->present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      if (!input.projections->finite) {
        return Undefined("a feature is not finite");
      }
      if (input.projections->own.coincide) {
        return Undefined("the class means coincide");
      }
      return Defined(static_cast<double>(input.projections->own.correct) /
                     static_cast<double>(input.moments->total()));
    });

}  // namespace
}  // namespace nclab
