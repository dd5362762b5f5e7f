// nc2_max_angle_means: NC2, widest angles: mean of |cos + 1/(K-1)| over pairs
// of the centred class means v_c = mu_c - mu. Definition and degenerate
// answers: metrics/geometry.h. Source: Papyan, Han, Donoho, arXiv 2008.08186,
// figure 4.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{
        {"nc2_max_angle_means",
         "mean distance of cosines from -1/(K-1), of centred class means",
         "Papyan, Han, Donoho, arXiv 2008.08186, figure 4",
         {}},
        "mean over a<b of |cos(v_a, v_b) + 1/(K-1)|",
        MetricScope::kLayer,
        MetricAnchors::kOwn,
        kNeedsMeansGram,
        kInvariantToAll,
        "fewer than two classes; a class mean is the global mean"}),
    [](const Params&, const MetricInput& input) {
      return MaxAngle(*input.means_gram);
    });

}  // namespace
}  // namespace nclab
