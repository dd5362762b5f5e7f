// nc2_equinorm_weights: NC2, equal norms: standard deviation (population) over
// mean of the norms of all rows v_c = w_c of the last Linear, not centred.
// Definition and degenerate answers: metrics/geometry.h.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 2.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC((MetricInfo{
                          {"nc2_equinorm_weights",
                           "relative deviation of norms of classifier rows",
                           "Papyan, Han, Donoho, arXiv 2008.08186, figure 2",
                           {}},
                          "std_c |v_c| / mean_c |v_c|",
                          MetricScope::kLayer,
                          MetricAnchors::kNone,
                          kNeedsWeightsGram,
                          kInvariantToAll,
                          "fewer than two rows; W is zero"}),
                      [](const Params&, const MetricInput& input) {
                        return Equinorm(*input.weights_gram);
                      });

}  // namespace
}  // namespace nclab
