// nc2_equinorm_means: NC2, equal norms: standard deviation (population) over
// mean of the norms of the centred class means v_c = mu_c - mu. Definition and
// degenerate answers: metrics/geometry.h. Source: Papyan, Han, Donoho, arXiv
// 2008.08186, figure 2.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC((MetricInfo{
                          {"nc2_equinorm_means",
                           "relative deviation of norms of centred class means",
                           "Papyan, Han, Donoho, arXiv 2008.08186, figure 2",
                           {}},
                          "std_c |v_c| / mean_c |v_c|",
                          MetricScope::kLayer,
                          MetricAnchors::kOwn,
                          kNeedsMeansGram,
                          kInvariantToAll,
                          "fewer than two classes; the class means coincide"}),
                      [](const Params&, const MetricInput& input) {
                        return Equinorm(*input.means_gram);
                      });

}  // namespace
}  // namespace nclab
