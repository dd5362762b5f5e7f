// nc2_cos_std_weights: NC2, equal angles: standard deviation (population) of
// the pairwise cosines of all rows v_c = w_c of the last Linear, not centred.
// Definition and degenerate answers: metrics/geometry.h.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 3.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC((MetricInfo{
                          {"nc2_cos_std_weights",
                           "deviation of pairwise cosines of classifier rows",
                           "Papyan, Han, Donoho, arXiv 2008.08186, figure 3",
                           {}},
                          "std over a<b of cos(v_a, v_b)",
                          MetricScope::kLayer,
                          MetricAnchors::kNone,
                          kNeedsWeightsGram,
                          kInvariantToAll,
                          "fewer than two rows; a row is zero"}),
                      [](const Params&, const MetricInput& input) {
                        return CosStd(*input.weights_gram);
                      });

}  // namespace
}  // namespace nclab
