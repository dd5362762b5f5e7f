// nc2_etf_error_weights: NC2, Frobenius distance of the normalised Gram matrix
// from a simplex ETF's, of all rows v_c = w_c of the last Linear, not centred.
// Definition and degenerate answers: metrics/geometry.h.
// Source: Zhu et al., arXiv 2105.02375, section 4.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{
        {"nc2_etf_error_weights",
         "distance of the Gram matrix from a simplex ETF's, of classifier rows",
         "Zhu et al., arXiv 2105.02375, section 4",
         {}},
        "| V V^T/|V V^T| - (I - 11^T/K)/sqrt(K-1) |_F",
        MetricScope::kLayer,
        MetricAnchors::kNone,
        kNeedsWeightsGram,
        kInvariantToAll,
        "fewer than two rows; W is zero"}),
    [](const Params&, const MetricInput& input) {
      return EtfError(*input.weights_gram);
    });

}  // namespace
}  // namespace nclab
