// mse: squared distance of the logits z to `target` at the label and 0
// elsewhere, the label's own square weighted by `right_weight`:
//
//   c (right_weight (z_y - target)^2 + sum_(k != y) z_k^2)
//
// c = 1/2 for scale=half, as Han, Papyan and Donoho write it with target 1 and
// right_weight 1; c = 1/K for scale=classes, as PyTorch's MSELoss of one-hot
// vectors, and as Hui and Belkin, who rescale to right_weight k and target M
// where there are many classes.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>

#include "experiments/recipes/objective.h"

namespace nclab {
namespace {

absl::StatusOr<Objective> MakeMse(const Params& params,
                                  const ObjectiveInput& input) {
  if (input.classes < 2) {
    return absl::InvalidArgumentError(
        "There is one class, which every constant tells. Give two or more.");
  }
  const double c = params.String("scale") == "half"
                       ? 0.5
                       : 1.0 / static_cast<double>(input.classes);
  return [c, target = params.Float("target"),
          weight = params.Float("right_weight")](const at::Tensor& logits,
                                                 const at::Tensor& labels) {
    // No one_hot(): it looks at the labels, and so waits for the device.
    const at::Tensor right =
        labels.unsqueeze(1)
            .eq(at::arange(logits.size(1), labels.options()))
            .to(logits.scalar_type());
    at::Tensor squares = (logits - target * right).square();
    if (weight != 1) squares = squares * (1 + (weight - 1) * right);
    return squares.sum(1).mean() * c;
  };
}

NCLAB_REGISTER_OBJECTIVE(
    {.name = "mse",
     .summary = "squared distance of the logits to one-hot labels",
     .reference = "Han, Papyan, Donoho, arXiv 2106.02073; Hui, Belkin, arXiv "
                  "2006.07322 (scale=classes, right_weight k, target M)",
     .params = {StringParam("scale", "half",
                            "of the sum over classes: half of it, or its mean",
                            {"half", "classes"}),
                FloatParam("target", 1,
                           "of the label's logit; the others' is 0", 1e-6, 1e6),
                FloatParam("right_weight", 1, "of the label's own square", 1e-6,
                           1e6)}},
    MakeMse);

}  // namespace
}  // namespace nclab
