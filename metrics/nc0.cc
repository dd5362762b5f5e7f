// nc0_weight_sum: NC0, whether the rows of W sum to zero, as those of a simplex
// ETF do: |sum_c w_c| / sum_c |w_c|, between 0 and 1 (all rows alike). The
// gradients of the rows of W sum to zero under cross-entropy, so that weight
// decay that is part of the gradient brings it to 0.
// Source: arXiv 2602.16642, whose NC0, |sum_c w_c|^2 / K, has the unit of W.
#include <cmath>
#include <vector>

#include "metrics/metric.h"
#include "metrics/statistics/kept/geometry.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    {.name = "nc0_weight_sum",
     .summary = "length of the sum of classifier rows, by that of the rows",
     .reference = "NC0 of arXiv 2602.16642, which takes |sum_c w_c|^2 / K",
     .formula = "|sum_c w_c| / sum_c |w_c|",
     .anchors = MetricAnchors::kNone,
     .statistics = {kHead},
     .invariance = kInvariantToAll,
     .undefined = "W is zero"},
    [](const Params&, const MetricInput& input) {
      const Head& head = input.Of<Head>();
      std::vector<double> sum(static_cast<size_t>(head.dim));
      double lengths = 0;
      for (int64_t c = 0; c < head.classes; ++c) {
        const double* row = head.weight.data() + c * head.dim;
        for (int64_t d = 0; d < head.dim; ++d) sum[d] += row[d];
        lengths += std::sqrt(Dot(row, row, head.dim));
      }
      if (lengths == 0) return Undefined("the classifier is zero");
      return DefinedIfFinite(
          std::sqrt(Dot(sum.data(), sum.data(), head.dim)) / lengths,
          "a number is not finite");
    });

}  // namespace
}  // namespace nclab
