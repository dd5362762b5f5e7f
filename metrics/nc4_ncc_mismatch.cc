// nc4_ncc_mismatch: NC4, share of samples whose nearest class mean is not
// the network's decision. The means are this split's own class means.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 7.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{
        {"nc4_ncc_mismatch",
         "share of samples whose nearest mean is not the network's decision",
         "Papyan, Han, Donoho, arXiv 2008.08186, figure 7",
         {}},
        "(1/N) #{arg min_c |h - mu_c| != arg max logits}",
        MetricScope::kLayer,
        MetricAnchors::kOwn,
        kNeedsProjections | kNeedsDecisions}),
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
      return Defined(static_cast<double>(input.projections->own.disagree) /
                     static_cast<double>(input.moments->total()));
    });

}  // namespace
}  // namespace nclab
