// skewness_along_means: whether the samples of a class lean towards the global
// mean (negative) or away from it, mean over the classes of E p^3 / (E
// p^2)^1.5.
#include <cmath>

#include "metrics/metric.h"

namespace {

NCLAB_REGISTER_METRIC(
    {.name = "skewness_along_means",
     .summary = "skewness of each class along its centred mean",
     .reference = "nclab, tools/plugin_example/statistic/skewness.cc",
     .formula = "mean_c E_c p^3 / (E_c p^2)^1.5, p = (h - mu_c) . m_c / |m_c|",
     .statistics = {"class_moments", "third_moment"},
     .invariance = nclab::kInvariantToAll,
     .undefined = "fewer than two classes; a class does not vary along its "
                  "mean"},
    [](const nclab::Params&, const nclab::MetricInput& input) {
      const auto& moments = input.Of<nclab::Moments>();
      const auto& squares = input.now.Get("third_moment", "squares").reals();
      const auto& cubes = input.now.Get("third_moment", "cubes").reals();
      if (moments.present() < 2) {
        return nclab::Undefined("fewer than two classes are present");
      }
      double sum = 0;
      for (int64_t c = 0; c < moments.classes(); ++c) {
        if (moments.count[c] == 0) continue;
        const double n = static_cast<double>(moments.count[c]);
        // Less than rounding of the scatter is nothing.
        if (squares[c] <= 1e-20 * moments.scatter[c]) {
          return nclab::Undefined("a class does not vary along its mean");
        }
        sum += cubes[c] / n / std::pow(squares[c] / n, 1.5);
      }
      return nclab::DefinedIfFinite(
          sum / static_cast<double>(moments.present()),
          "a feature is not finite");
    });

}  // namespace
