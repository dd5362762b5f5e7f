// The variances of arXiv 2202.08384, section 3.1, and their ratio:
//
//   variance_ratio = E |h - mu_y|^2  /  (1/K) sum_c |mu_c - mu|^2
//
// The numerator averages over samples, the denominator over classes present.
// The paper's TrainVariance (split train) and StrongTestVariance (split test)
// are the rows with anchor=final: mu_c and mu are then those at the last step.
//
//   weak_variance_ratio = E min_i |h^t - c_i|^2  /  (1/K) sum_i |c_i - c|^2
//
// is the paper's WeakTestVariance: c_i are the K centres of k-means on the
// features at the last step, whatever the labels say; K counts the classes
// present, c is the mean of the c_i. ("arg min" in the paper's text is a
// misprint for min.)
#include "metrics/metric.h"

namespace nclab {
namespace {

constexpr char kFewerClasses[] = "fewer than two classes are present";
constexpr char kNotFinite[] = "a feature is not finite";
constexpr char kAbsentOrNotFinite[] =
    "a class present is absent in the anchor, or a feature is not a number";

NCLAB_REGISTER_METRIC(
    {.name = "variance_ratio",
     .summary = "within-class over between-class variance of features",
     .reference = "arXiv 2202.08384, section 3.1",
     .formula = "E|h - mu_y|^2 / ((1/K) sum_c |mu_c - mu|^2)",
     .anchors = MetricAnchors::kBoth,
     .statistics = {"class_moments"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide; a class "
                  "is absent at T"},
    [](const Params&, const MetricInput& input) {
      const double between = BetweenVariance(input.AtAnchor<Moments>());
      if (input.AtAnchor<Moments>().present() < 2)
        return Undefined(kFewerClasses);
      if (between == 0) return Undefined("the class means coincide");
      return DefinedIfFinite(
          WithinVarianceAround(input.Of<Moments>(), input.AtAnchor<Moments>()) /
              between,
          kAbsentOrNotFinite);
    });

NCLAB_REGISTER_METRIC(
    {.name = "within_variance",
     .summary = "mean squared distance of features from their class mean",
     .reference = "arXiv 2202.08384, section 3.1, numerator",
     .formula = "E|h - mu_y|^2",
     .anchors = MetricAnchors::kBoth,
     .statistics = {"class_moments"},
     .invariance = kInvariantToRotation | kInvariantToTranslation,
     .undefined = "no samples; a class is absent at T"},
    [](const Params&, const MetricInput& input) {
      if (input.Of<Moments>().total() == 0) return Undefined("no samples");
      return DefinedIfFinite(
          WithinVarianceAround(input.Of<Moments>(), input.AtAnchor<Moments>()),
          kAbsentOrNotFinite);
    });

NCLAB_REGISTER_METRIC(
    {.name = "between_variance",
     .summary = "mean squared distance of class means from their mean",
     .reference = "arXiv 2202.08384, section 3.1, denominator",
     .formula = "(1/K) sum_c |mu_c - mu|^2",
     .anchors = MetricAnchors::kBoth,
     .statistics = {"class_moments"},
     .invariance = kInvariantToRotation | kInvariantToTranslation,
     .undefined = "fewer than two classes"},
    [](const Params&, const MetricInput& input) {
      if (input.AtAnchor<Moments>().present() < 2)
        return Undefined(kFewerClasses);
      return DefinedIfFinite(BetweenVariance(input.AtAnchor<Moments>()),
                             kNotFinite);
    });

NCLAB_REGISTER_METRIC(
    {.name = "weak_variance_ratio",
     .summary =
         "as variance_ratio, around the centres of k-means at the last step",
     .reference = "arXiv 2202.08384, section 3.1",
     .formula = "E min_i |h - c_i|^2 / ((1/K) sum_i |c_i - c|^2)",
     .anchors = MetricAnchors::kFinal,
     .statistics = {"class_moments", "clusters"},
     .invariance = kInvariantToAll,
     .undefined =
         "fewer than two classes; k-means finds fewer distinct clusters"},
    [](const Params&, const MetricInput& input) {
      const Clusters& clusters = input.Of<Clusters>();
      if (input.Of<Moments>().present() < 2) return Undefined(kFewerClasses);
      if (clusters.degenerate > 0) {
        return Undefined("k-means found fewer distinct clusters than classes");
      }
      if (clusters.between == 0) return Undefined("the centres coincide");
      return DefinedIfFinite(clusters.within / clusters.between,
                             "a feature is not a number");
    });

}  // namespace
}  // namespace nclab
