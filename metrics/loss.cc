// loss: mean cross-entropy in nats, in eval mode.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{
        {"loss", "mean cross-entropy in nats, in eval mode", "standard", {}},
        "-(1/N) sum log softmax(logits)_y",
        MetricScope::kSplit,
        MetricAnchors::kNone,
        kNeedsNothing,
        kInvariantToAll,
        "no samples"}),
    [](const Params&, const MetricInput& input) {
      if (input.totals->samples == 0) return Undefined("no samples");
      return Defined(input.totals->loss /
                     static_cast<double>(input.totals->samples));
    });

}  // namespace
}  // namespace nclab
