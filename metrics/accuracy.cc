// accuracy: share of samples whose largest logit is their label.
#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    (MetricInfo{{"accuracy",
                 "share of samples whose largest logit is their label",
                 "standard",
                 {}},
                "(1/N) #{arg max logits = y}",
                MetricScope::kSplit,
                MetricAnchors::kNone,
                kNeedsNothing,
                kInvariantToAll,
                "no samples"}),
    [](const Params&, const MetricInput& input) {
      if (input.totals->samples == 0) return Undefined("no samples");
      return Defined(static_cast<double>(input.totals->correct) /
                     static_cast<double>(input.totals->samples));
    });

}  // namespace
}  // namespace nclab
