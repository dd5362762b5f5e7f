// ncc_accuracy_train_means: share of samples whose nearest class mean is that
// of their label. The means are the training split's class means at the same
// step. On split test only. Source: nearest class centre, Papyan, Han, Donoho,
// arXiv 2008.08186, section 2.
#include "metrics/projected.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"ncc_accuracy_train_means",
                 "share of samples whose nearest class mean is their label's, "
                 "train means",
                 "Papyan, Han, Donoho, arXiv 2008.08186",
                 {}},
                "(1/N) #{arg min_c |h - mu_c(train)| = y}",
                MetricScope::kLayer,
                MetricAnchors::kOwn,
                kNeedsProjections | kNeedsTrainMeans,
                kInvariantToAll,
                "fewer than two classes; the class means coincide"}),
    [](const Params&, const MetricInput& input) {
      const NearestMeans& means = input.projections->train;
      return ShareNear(input, means, means.correct);
    });

}  // namespace
}  // namespace nclab
