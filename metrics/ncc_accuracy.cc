// ncc_accuracy: share of samples whose nearest class mean is that of their
// label. The means are this split's own class means.
// Source: nearest class centre, Papyan, Han, Donoho, arXiv 2008.08186,
// section 2.
#include "metrics/projected.h"

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
                kNeedsProjections,
                kInvariantToAll,
                "fewer than two classes; the class means coincide"}),
    [](const Params&, const MetricInput& input) {
      const NearestMeans& means = input.projections->own;
      return ShareNear(input, means, means.correct);
    });

}  // namespace
}  // namespace nclab
