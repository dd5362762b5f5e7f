// nc4_ncc_mismatch_train_means: NC4, share of samples whose nearest class mean
// is not the network's decision. The means are the training split's class means
// at the same step. On split test only. Source: Papyan, Han, Donoho, arXiv
// 2008.08186, figure 7.
#include "metrics/projected.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"nc4_ncc_mismatch_train_means",
                 "share of samples whose nearest mean is not the network's "
                 "decision, train means",
                 "Papyan, Han, Donoho, arXiv 2008.08186, figure 7",
                 {}},
                "(1/N) #{arg min_c |h - mu_c(train)| != arg max logits}",
                MetricScope::kLayer,
                MetricAnchors::kOwn,
                kNeedsProjections | kNeedsDecisions | kNeedsTrainMeans,
                kInvariantToAll,
                "fewer than two classes; the class means coincide"}),
    [](const Params&, const MetricInput& input) {
      const NearestMeans& means = input.projections->train;
      return ShareNear(input, means, means.disagree);
    });

}  // namespace
}  // namespace nclab
