// loss, objective and accuracy: what the network decides, in eval mode.
#include "metrics/metric.h"

namespace nclab {
namespace {

MetricValue PerSample(const SplitTotals& totals, double sum) {
  if (totals.samples == 0) return Undefined("no samples");
  return Defined(sum / static_cast<double>(totals.samples));
}

NCLAB_REGISTER_METRIC({.name = "loss",
                       .summary = "mean cross-entropy in nats, in eval mode",
                       .reference = "standard",
                       .formula = "-(1/N) sum log softmax(logits)_y",
                       .scope = MetricScope::kSplit,
                       .anchors = MetricAnchors::kNone,
                       .statistics = {"decisions"},
                       .invariance = kInvariantToAll,
                       .undefined = "no samples"},
                      [](const Params&, const MetricInput& input) {
                        const SplitTotals& totals = input.Of<SplitTotals>();
                        return PerSample(totals, totals.loss);
                      });

NCLAB_REGISTER_METRIC(
    {.name = "objective",
     .summary = "mean of what training minimises, in eval mode",
     .reference = "the run's objective",
     .formula = "(1/N) sum objective(logits, y)",
     .scope = MetricScope::kSplit,
     .anchors = MetricAnchors::kNone,
     .statistics = {"decisions.objective"},
     .invariance = kInvariantToAll,
     .undefined = "no samples"},
    [](const Params&, const MetricInput& input) {
      const SplitTotals& totals = input.Of<SplitTotals>();
      return PerSample(totals, *totals.objective);
    });

NCLAB_REGISTER_METRIC(
    {.name = "accuracy",
     .summary = "share of samples whose largest logit is their label",
     .reference = "standard",
     .formula = "(1/N) #{arg max logits = y}",
     .scope = MetricScope::kSplit,
     .anchors = MetricAnchors::kNone,
     .statistics = {"decisions"},
     .invariance = kInvariantToAll,
     .undefined = "no samples"},
    [](const Params&, const MetricInput& input) {
      const SplitTotals& totals = input.Of<SplitTotals>();
      return PerSample(totals, static_cast<double>(totals.correct));
    });

}  // namespace
}  // namespace nclab
