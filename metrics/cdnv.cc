// cdnv: class-distance normalised variance, the mean over pairs of classes of
//
//   (v_a + v_b) / (2 |mu_a - mu_b|^2),  v_c = (1/n_c) sum_{y=c} |h - mu_c|^2.
//
// On an exact simplex ETF of equal classes: variance_ratio * (K-1) / (2K).
// Source: Galanti, Gyorgy, Hutter, arXiv 2112.15121.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    {.name = "cdnv",
     .summary = "class-distance normalised variance, mean over pairs",
     .reference = "Galanti, Gyorgy, Hutter, arXiv 2112.15121",
     .formula = "mean over a<b of (v_a + v_b) / (2 |mu_a - mu_b|^2)",
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; two class means coincide"},
    [](const Params&, const MetricInput& input) {
      const Moments& m = *input.moments;
      const double rounding = MeansRounding(m);
      double sum = 0;
      int64_t pairs = 0;
      for (int64_t a = 0; a < m.classes(); ++a) {
        if (m.count[a] == 0) continue;
        for (int64_t b = a + 1; b < m.classes(); ++b) {
          if (m.count[b] == 0) continue;
          const double distance =
              SquaredDistance(m.mean_of(a), m.mean_of(b), m.dim);
          if (distance <= rounding) {
            return Undefined("two class means coincide");
          }
          sum += (m.scatter[a] / static_cast<double>(m.count[a]) +
                  m.scatter[b] / static_cast<double>(m.count[b])) /
                 (2 * distance);
          ++pairs;
        }
      }
      if (pairs == 0) return Undefined("fewer than two classes are present");
      return DefinedIfFinite(sum / static_cast<double>(pairs),
                             "a feature is not finite");
    });

}  // namespace
}  // namespace nclab
