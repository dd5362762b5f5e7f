// cross_entropy: -log softmax(logits)[label], in nats, the mean over the batch.
#include <ATen/ops/cross_entropy_loss.h>

#include "experiments/recipes/objective.h"

namespace nclab {
namespace {

NCLAB_REGISTER_OBJECTIVE(
    {.name = "cross_entropy",
     .summary = "cross-entropy of the softmax, in nats",
     .reference = "arXiv 2202.08384, section 3"},
    [](const Params&, const ObjectiveInput&) -> absl::StatusOr<Objective> {
      return [](const at::Tensor& logits, const at::Tensor& labels) {
        return at::cross_entropy_loss(logits, labels);
      };
    });

}  // namespace
}  // namespace nclab
