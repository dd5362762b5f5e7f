// feature_norm_*: the lengths of the features as they are, not centred.
#include <cmath>

#include "metrics/metric.h"

namespace nclab {
namespace {

// Statistic `norms`.
struct Norms {
  double samples = 0, mean = 0, deviations = 0;

  static Norms Of(const Kept& kept) {
    const Arrays& a = kept.Get("norms");
    return {static_cast<double>(a.at("samples").integer()), a.at("mean").real(),
            a.at("deviations").real()};
  }
};

NCLAB_REGISTER_METRIC({.name = "feature_norm_mean",
                       .summary = "mean length of the features",
                       .reference = "standard",
                       .formula = "E|h|",
                       .anchors = MetricAnchors::kNone,
                       .statistics = {"norms"},
                       .invariance = kInvariantToRotation,
                       .undefined = "no samples"},
                      [](const Params&, const MetricInput& input) {
                        const Norms& norms = input.Of<Norms>();
                        if (norms.samples == 0) return Undefined("no samples");
                        return DefinedIfFinite(norms.mean,
                                               "a feature is not finite");
                      });

NCLAB_REGISTER_METRIC(
    {.name = "feature_norm_std",
     .summary = "standard deviation of the lengths of the features",
     .reference = "standard",
     .formula = "sqrt(E(|h| - E|h|)^2)",
     .anchors = MetricAnchors::kNone,
     .statistics = {"norms"},
     .invariance = kInvariantToRotation,
     .undefined = "no samples"},
    [](const Params&, const MetricInput& input) {
      const Norms& norms = input.Of<Norms>();
      if (norms.samples == 0) return Undefined("no samples");
      return DefinedIfFinite(std::sqrt(norms.deviations / norms.samples),
                             "a feature is not finite");
    });

}  // namespace
}  // namespace nclab
