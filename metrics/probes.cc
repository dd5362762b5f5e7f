// knn_accuracy, ridge_accuracy: how well labels can be read off the features,
// by classifiers that are fitted to the training split and not by the network.
// Of the training split itself: knn leaves the sample out, ridge does not.
//
// Where a view joined classes, the labels are those before. What the two are:
// metrics/statistics/knn.cc, ridge_fit.cc.
#include "absl/strings/str_cat.h"
#include "metrics/metric.h"

namespace nclab {
namespace {

// `statistic` has `samples`, and where there is a fit `correct` and `finite`.
MetricValue Hits(const Arrays& statistic, const char* no_fit) {
  const auto correct = statistic.find("correct");
  if (correct == statistic.end()) return Undefined(no_fit);
  const int64_t samples = statistic.at("samples").integer();
  if (samples == 0) return Undefined("no samples");
  if (statistic.at("finite").integer() == 0) {
    return Undefined("a feature is not finite");
  }
  return Defined(static_cast<double>(correct->second.integer()) /
                 static_cast<double>(samples));
}

NCLAB_REGISTER_METRIC(
    {.name = "knn_accuracy",
     .summary = "accuracy of the five nearest neighbours in the training split",
     .reference = "Cover, Hart, IEEE Trans. Inf. Theory 13 (1967)",
     .formula = "(1/N) #{most frequent label of the 5 nearest = y}",
     .anchors = MetricAnchors::kNone,
     .statistics = {"knn"},
     .invariance = kInvariantToAll,
     .undefined = "no samples, or no others"},
    [](const Params&, const MetricInput& input) {
      return Hits(input.now.Get("knn"), "there are no neighbours");
    });

NCLAB_REGISTER_METRIC(
    {.name = "ridge_accuracy",
     .summary = "accuracy of ridge regression of the labels on the features",
     .reference = "Hoerl, Kennard, Technometrics 12 (1970)",
     .formula = "(1/N) #{arg max V^T (h - o) + E y = y}, V = (S + 0.01 Tr(S)/D "
                "I)^-1 E[(h - o) y^T]",
     .anchors = MetricAnchors::kNone,
     .statistics = {"ridge"},
     .invariance = kInvariantToAll,
     .undefined = "no samples; D is above 4,096"},
    [](const Params&, const MetricInput& input) {
      const double dim =
          static_cast<double>(input.now.Get("ridge", "dim").integer());
      if (dim > 4096) {
        return Undefined(
            absl::StrCat("D is ", dim, ": a covariance would be of ",
                         static_cast<int64_t>(dim * dim * 8 / 1e6),
                         " MB, and is formed up to D = 4,096 only"));
      }
      return Hits(input.now.Get("ridge"),
                  "no sample was fitted, or a feature is not finite");
    });

}  // namespace
}  // namespace nclab
