// nc2_max_angle_weights: NC2, widest angles: mean of |cos + 1/(K-1)| over pairs
// of all rows v_c = w_c of the last Linear, not centred. Definition and
// degenerate answers: metrics/geometry.h. Source: Papyan, Han, Donoho, arXiv
// 2008.08186, figure 4.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"nc2_max_angle_weights",
                 "mean distance of cosines from -1/(K-1), of classifier rows",
                 "Papyan, Han, Donoho, arXiv 2008.08186, figure 4",
                 {}},
                "mean over a<b of |cos(v_a, v_b) + 1/(K-1)|",
                MetricScope::kLayer,
                MetricAnchors::kNone,
                kNeedsWeightsGram,
                kInvariantToAll,
                "fewer than two rows; a row is zero"}),
    [](const Params&, const MetricInput& input) {
      return MaxAngle(*input.weights_gram);
    });

}  // namespace
}  // namespace nclab
