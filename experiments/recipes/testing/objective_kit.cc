#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>

#include "experiments/recipes/objective.h"
#include "experiments/recipes/testing/promises.h"

namespace nclab {
namespace {

constexpr int64_t kBatch = 6, kClasses = 5;

at::Tensor Logits(at::ScalarType type = at::kDouble) {
  at::manual_seed(1);
  return 2 *
         at::randn({kBatch, kClasses}, at::TensorOptions(at::kDouble)).to(type);
}

// 0, 2, 4, 1, 3, 0: no class has the place of its sample.
at::Tensor Labels() {
  return (2 * at::arange(kBatch, at::TensorOptions(at::kLong)))
      .remainder(kClasses);
}

absl::StatusOr<Objective> Make(const BoundChoice& choice) {
  return MakeObjective(choice, {kClasses});
}

absl::Status GivesAFiniteScalarOfTheLogitsType(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const Objective objective, Make(choice));
  for (const at::ScalarType type : {at::kFloat, at::kDouble}) {
    const at::Tensor loss = objective(Logits(type), Labels());
    NCLAB_PROMISE(loss.dim() == 0, "its loss has ", loss.dim(),
                  " dimensions; expected a scalar");
    NCLAB_PROMISE(loss.scalar_type() == type, "its loss is of ",
                  at::toString(loss.scalar_type()), ", the logits are of ",
                  at::toString(type));
    NCLAB_PROMISE(std::isfinite(loss.item<double>()), "its loss is ",
                  loss.item<double>());
  }
  return absl::OkStatus();
}

absl::Status IsTheMeanOfALossPerSample(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const Objective objective, Make(choice));
  const double whole = objective(Logits(), Labels()).item<double>();
  double sum = 0, size = 0;
  for (int64_t i = 0; i < kBatch; ++i) {
    const double alone =
        objective(Logits().slice(0, i, i + 1), Labels().slice(0, i, i + 1))
            .item<double>();
    sum += alone;
    size += std::abs(alone);
  }
  // Rounding of a few dozen sums and functions of numbers of this size.
  NCLAB_PROMISE(std::abs(whole - sum / kBatch) <= 1e-13 * (size + 1),
                "the loss of a batch is ", whole,
                ", the mean of its samples' losses ", sum / kBatch);
  return absl::OkStatus();
}

// (f(z + h) - f(z - h)) / 2h errs by h^2 times a third derivative and by the
// rounding of f over h: with h = 1e-5 and logits of a few units, by 1e-9 or so.
absl::Status HasTheGradientOfItsDifferenceQuotient(const BoundChoice& choice) {
  constexpr double kStep = 1e-5, kBound = 1e-7;
  NCLAB_ASSIGN_OR_RETURN(const Objective objective, Make(choice));
  const at::Tensor logits = Logits().requires_grad_();
  objective(logits, Labels()).backward();
  NCLAB_PROMISE(logits.grad().defined(), "no gradient reaches the logits");
  const double scale = std::max(1.0, logits.grad().abs().max().item<double>());
  for (int64_t i = 0; i < kBatch; ++i) {
    for (int64_t k = 0; k < kClasses; ++k) {
      const auto loss_at = [&](double step) {
        const at::Tensor moved = Logits();
        moved[i][k] += step;
        return objective(moved, Labels()).item<double>();
      };
      const double quotient = (loss_at(kStep) - loss_at(-kStep)) / (2 * kStep);
      const double gradient = logits.grad()[i][k].item<double>();
      NCLAB_PROMISE(std::abs(gradient - quotient) <= kBound * scale,
                    "the gradient of logit ", k, " of sample ", i, " is ",
                    gradient, ", the difference quotient ", quotient);
    }
  }
  return absl::OkStatus();
}

absl::Status IsAPureFunction(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const Objective objective, Make(choice));
  const at::Tensor logits = Logits(), labels = Labels();
  at::Tensor once;
  NCLAB_PROMISE(DrawsNothing([&] { once = objective(logits, labels); }),
                "it draws random numbers");
  NCLAB_PROMISE(once.equal(objective(logits, labels)),
                "asked twice, it gives two losses");
  NCLAB_PROMISE(logits.equal(Logits()) && labels.equal(Labels()),
                "it changes what it is given");
  return absl::OkStatus();
}

}  // namespace

const std::vector<RecipePromise>& ObjectivePromises() {
  static const auto* const promises = new std::vector<RecipePromise>(WithFacts(
      Objectives(),
      {{"GivesAFiniteScalarOfTheLogitsType", GivesAFiniteScalarOfTheLogitsType},
       {"IsTheMeanOfALossPerSample", IsTheMeanOfALossPerSample},
       {"HasTheGradientOfItsDifferenceQuotient",
        HasTheGradientOfItsDifferenceQuotient},
       {"IsAPureFunction", IsAPureFunction}}));
  return *promises;
}

}  // namespace nclab
