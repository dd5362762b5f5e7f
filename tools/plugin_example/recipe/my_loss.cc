// my_loss: cross-entropy plus `penalty` times the logits' mean square.
#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "experiments/recipes/objective.h"

namespace {

NCLAB_REGISTER_OBJECTIVE(
    {.name = "my_loss",
     .summary = "cross-entropy plus the logits' mean square",
     .reference = "nclab, tools/plugin_example/recipe/my_loss.cc",
     .params = {nclab::FloatParam("penalty", 0.01, "of the mean square", 0)}},
    [](const nclab::Params& params,
       const nclab::ObjectiveInput&) -> absl::StatusOr<nclab::Objective> {
      return [penalty = params.Float("penalty")](const at::Tensor& logits,
                                                 const at::Tensor& labels) {
        return at::cross_entropy_loss(logits, labels) +
               penalty * logits.square().mean();
      };
    });

}  // namespace
