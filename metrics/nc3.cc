// nc3_self_duality: NC3, | W / |W|_F - M / |M|_F |_F^2, the squared distance of
// classifier and centred class means, each scaled to Frobenius norm 1.
//
// W: rows of the last Linear of the classes present, not centred. M: rows
// mu_c - mu. 0 if they are proportional, 4 if opposite.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 5.
#include <cmath>
#include <vector>

#include "metrics/metric.h"
#include "metrics/statistics/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    {.name = "nc3_self_duality",
     .summary = "squared distance of normalised classifier and centred means",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 5",
     .formula = "| W/|W|_F - M/|M|_F |_F^2",
     .needs = kNeedsHead,
     .invariance = kInvariantToAll,
     .undefined =
         "fewer than two classes; the class means coincide; W is zero"},
    [](const Params&, const MetricInput& input) {
      const Moments& m = *input.moments;
      const Head& head = *input.head;
      if (m.present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      if (head.dim != m.dim || head.classes < m.classes()) {
        return Undefined("classifier and features differ in shape");
      }
      const std::vector<double> means = CenteredMeans(m);
      std::vector<double> weights;
      for (int64_t c = 0; c < m.classes(); ++c) {
        if (m.count[c] == 0) continue;
        const double* row = head.weight.data() + c * head.dim;
        weights.insert(weights.end(), row, row + head.dim);
      }
      const std::vector<double> zero(means.size());
      const int64_t size = static_cast<int64_t>(means.size());
      const double means_norm =
          std::sqrt(SquaredDistance(means.data(), zero.data(), size));
      const double weights_norm =
          std::sqrt(SquaredDistance(weights.data(), zero.data(), size));
      if (means_norm == 0) return Undefined("the class means coincide");
      if (weights_norm == 0) return Undefined("the classifier is zero");
      double sum = 0;
      for (int64_t i = 0; i < size; ++i) {
        const double difference =
            weights[i] / weights_norm - means[i] / means_norm;
        sum += difference * difference;
      }
      return DefinedIfFinite(sum, "a number is not finite");
    });

}  // namespace
}  // namespace nclab
