// label_smoothing: cross-entropy against (1 - epsilon) one-hot + epsilon / K.
#include <ATen/core/Reduction.h>
#include <ATen/ops/cross_entropy_loss.h>

#include "experiments/recipes/objective.h"

namespace nclab {
namespace {

NCLAB_REGISTER_OBJECTIVE(
    {.name = "label_smoothing",
     .summary = "cross-entropy against labels mixed with the uniform one",
     .reference = "Szegedy et al., arXiv 1512.00567, section 7",
     .params = {FloatParam("epsilon", 0.1, "weight of the uniform label", 0,
                           1)}},
    [](const Params& params,
       const ObjectiveInput&) -> absl::StatusOr<Objective> {
      return [epsilon = params.Float("epsilon")](const at::Tensor& logits,
                                                 const at::Tensor& labels) {
        return at::cross_entropy_loss(logits, labels, /*weight=*/{},
                                      at::Reduction::Mean,
                                      /*ignore_index=*/-100, epsilon);
      };
    });

}  // namespace
}  // namespace nclab
