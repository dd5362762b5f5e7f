// nc2_etf_error_means: NC2, Frobenius distance of the normalised Gram matrix
// from a simplex ETF's, of the centred class means v_c = mu_c - mu. Definition
// and degenerate answers: metrics/geometry.h. Source: Zhu et al., arXiv
// 2105.02375, section 4.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC((MetricInfo{
                          {"nc2_etf_error_means",
                           "distance of the Gram matrix from a simplex ETF's, "
                           "of centred class means",
                           "Zhu et al., arXiv 2105.02375, section 4",
                           {}},
                          "| V V^T/|V V^T| - (I - 11^T/K)/sqrt(K-1) |_F",
                          MetricScope::kLayer,
                          MetricAnchors::kOwn,
                          kNeedsMeansGram,
                          kInvariantToAll,
                          "fewer than two classes; the class means coincide"}),
                      [](const Params&, const MetricInput& input) {
                        return EtfError(*input.means_gram);
                      });

}  // namespace
}  // namespace nclab
