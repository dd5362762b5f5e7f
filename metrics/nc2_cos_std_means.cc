// nc2_cos_std_means: NC2, equal angles: standard deviation (population) of the
// pairwise cosines of the centred class means v_c = mu_c - mu. Definition and
// degenerate answers: metrics/geometry.h. Source: Papyan, Han, Donoho, arXiv
// 2008.08186, figure 3.
#include "metrics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"nc2_cos_std_means",
                 "deviation of pairwise cosines of centred class means",
                 "Papyan, Han, Donoho, arXiv 2008.08186, figure 3",
                 {}},
                "std over a<b of cos(v_a, v_b)",
                MetricScope::kLayer,
                MetricAnchors::kOwn,
                kNeedsMeansGram,
                kInvariantToAll,
                "fewer than two classes; a class mean is the global mean"}),
    [](const Params&, const MetricInput& input) {
      return CosStd(*input.means_gram);
    });

}  // namespace
}  // namespace nclab
