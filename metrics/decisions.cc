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
                       .invariance = kInvariantToAll,
                       .undefined = "no samples"},
                      [](const Params&, const MetricInput& input) {
                        return PerSample(*input.totals, input.totals->loss);
                      });

NCLAB_REGISTER_METRIC(
    {.name = "objective",
     .summary = "mean of what training minimises, in eval mode",
     .reference = "the run's objective",
     .formula = "(1/N) sum objective(logits, y)",
     .scope = MetricScope::kSplit,
     .anchors = MetricAnchors::kNone,
     .needs = kNeedsObjective,
     .invariance = kInvariantToAll,
     .undefined = "no samples"},
    [](const Params&, const MetricInput& input) {
      return PerSample(*input.totals, *input.totals->objective);
    });

NCLAB_REGISTER_METRIC(
    {.name = "accuracy",
     .summary = "share of samples whose largest logit is their label",
     .reference = "standard",
     .formula = "(1/N) #{arg max logits = y}",
     .scope = MetricScope::kSplit,
     .anchors = MetricAnchors::kNone,
     .invariance = kInvariantToAll,
     .undefined = "no samples"},
    [](const Params&, const MetricInput& input) {
      return PerSample(*input.totals,
                       static_cast<double>(input.totals->correct));
    });

}  // namespace
}  // namespace nclab
