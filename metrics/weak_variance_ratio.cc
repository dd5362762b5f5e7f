// weak_variance_ratio: the paper's WeakTestVariance, on split test.
//
//   E min_i |h^t - c_i|^2  /  (1/K) sum_i |c_i - c|^2
//
// c_i are the K centres of k-means (metrics/k_means.h) on the features at the
// last step, whatever the labels say; K counts the classes present, c is the
// mean of the c_i. ("arg min" in the paper's text is a misprint for min.)
// Source: arXiv 2202.08384, section 3.1.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{
        {"weak_variance_ratio",
         "as variance_ratio, around the centres of k-means at the last step",
         "arXiv 2202.08384, section 3.1",
         {}},
        "E min_i |h - c_i|^2 / ((1/K) sum_i |c_i - c|^2)",
        MetricScope::kLayer,
        MetricAnchors::kFinal,
        kNeedsClusters,
        kInvariantToAll,
        "fewer than two classes; k-means finds fewer distinct clusters"}),
    [](const Params&, const MetricInput& input) {
      const Clusters& clusters = *input.clusters;
      if (input.moments->present() < 2) {
        return Undefined("fewer than two classes are present");
      }
      if (clusters.degenerate > 0) {
        return Undefined("k-means found fewer distinct clusters than classes");
      }
      if (clusters.between == 0) return Undefined("the centres coincide");
      return DefinedIfFinite(clusters.within / clusters.between,
                             "a feature is not a number");
    });

}  // namespace
}  // namespace nclab
