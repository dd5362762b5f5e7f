// nc4_ncc_mismatch: NC4, share of samples whose nearest class mean is not
// the network's decision. The means are this split's own class means.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 7.
#include "metrics/projected.h"

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
        kNeedsProjections | kNeedsDecisions,
        kInvariantToAll,
        "fewer than two classes; the class means coincide"}),
    [](const Params&, const MetricInput& input) {
      const NearestMeans& means = input.projections->own;
      return ShareNear(input, means, means.disagree);
    });

}  // namespace
}  // namespace nclab
