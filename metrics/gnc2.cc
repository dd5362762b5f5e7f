// gnc2_log_*: hyperspherical uniformity of the class means, NC2 where K may be
// larger than D + 1 and no simplex ETF fits. u_c = m_c / |m_c|; mean and
// variance (population) over pairs a < b of
//
//   -log |u_a - u_b| = -(1/2) log(2 - 2 cos(m_a, m_b)).
//
// A simplex ETF has the mean -(1/2) log(2K/(K-1)), the least there is, and the
// variance 0.
// Source: Liu et al., arXiv 2303.06484 (hyperspherical uniformity gap, log
// kernel).
#include <cmath>
#include <string>
#include <vector>

#include "metrics/metric.h"
#include "metrics/statistics/kept/geometry.h"

namespace nclab {
namespace {

MetricValue Over(const MetricInput& input, bool variance) {
  const Gram& gram = input.Of<MeansGram>().gram;
  if (gram.n < 2) return Undefined("fewer than two classes are present");
  const std::string why = WhyNoGram(gram.n);
  if (!why.empty()) return Undefined(why);
  double sum = 0, squares = 0;
  const double pairs = static_cast<double>(gram.n * (gram.n - 1) / 2);
  // Two passes, so that the variance of equal values is nothing but rounding.
  for (const bool second : {false, true}) {
    for (int64_t a = 0; a < gram.n; ++a) {
      if (!(gram(a, a) > 0)) {
        return Undefined("a class mean is the global mean");
      }
      for (int64_t b = a + 1; b < gram.n; ++b) {
        const double cosine = gram(a, b) / std::sqrt(gram(a, a) * gram(b, b));
        const double value = -std::log(2 - 2 * cosine) / 2;
        if (second) {
          squares += (value - sum / pairs) * (value - sum / pairs);
        } else {
          sum += value;
        }
      }
    }
  }
  return DefinedIfFinite((variance ? squares : sum) / pairs,
                         "two class means lie in one direction");
}

NCLAB_REGISTER_METRIC(
    {.name = "gnc2_log_mean",
     .summary = "mean over pairs of -log distance of unit centred means",
     .reference = "Liu et al., arXiv 2303.06484",
     .formula = "mean over a<b of -log |u_a - u_b|, u = m/|m|",
     .statistics = {"class_moments"},
     .invariance = kInvariantToAll,
     .undefined =
         "fewer than two classes; a class mean is the global mean; two "
         "means lie in one direction"},
    [](const Params&, const MetricInput& input) { return Over(input, false); });

NCLAB_REGISTER_METRIC(
    {.name = "gnc2_log_var",
     .summary = "variance over pairs of -log distance of unit centred means",
     .reference = "Liu et al., arXiv 2303.06484",
     .formula = "variance over a<b of -log |u_a - u_b|, u = m/|m|",
     .statistics = {"class_moments"},
     .invariance = kInvariantToAll,
     .undefined =
         "fewer than two classes; a class mean is the global mean; two "
         "means lie in one direction"},
    [](const Params&, const MetricInput& input) { return Over(input, true); });

}  // namespace
}  // namespace nclab
