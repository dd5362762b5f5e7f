#include "experiments/recipes/objective.h"

#include <ATen/ops/zeros.h>

#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

absl::Status Broken(const std::string& how) {
  return absl::FailedPreconditionError(absl::StrCat(
      "On a batch of zeros ", how,
      " An objective gives the mean over the batch of a loss per sample, as a "
      "finite scalar of the logits' type, and gradients of the logits: see "
      "experiments/recipes/objective.h."));
}

absl::Status TryOnZeros(const Objective& objective, int64_t classes) {
  constexpr int64_t kBatch = 2;
  const at::Tensor logits = at::zeros({kBatch, classes}).requires_grad_();
  const at::Tensor loss =
      objective(logits, at::zeros({kBatch}, at::TensorOptions(at::kLong)));
  if (!loss.defined() || loss.dim() != 0) {
    return Broken(absl::StrCat(
        "its loss is no scalar",
        loss.defined()
            ? absl::StrCat(" but [", absl::StrJoin(loss.sizes(), ", "), "].")
            : "."));
  }
  if (loss.scalar_type() != at::kFloat) {
    return Broken("its loss is not of fp32, as the logits are.");
  }
  if (!std::isfinite(loss.item<double>())) {
    return Broken(absl::StrCat("its loss is ", loss.item<double>(), "."));
  }
  if (!loss.requires_grad()) return Broken("its loss has no gradient.");
  loss.backward();
  if (!logits.grad().defined())
    return Broken("no gradient reaches the logits.");
  return absl::OkStatus();
}

}  // namespace

ObjectiveRegistry& Objectives() {
  static auto* const registry = new ObjectiveRegistry("objective");
  return *registry;
}

bool RegisterObjective(ObjectiveInfo info, ObjectiveFactory factory,
                       const char* file, int line) {
  Objectives().Register(std::move(info), std::move(factory), file, line);
  return true;
}

absl::StatusOr<Objective> MakeObjective(const BoundChoice& choice,
                                        const ObjectiveInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Objectives().Find(choice.name));
  Objective objective;
  const absl::Status status = CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(objective, entry->factory(choice.params, input));
    return TryOnZeros(objective, input.classes);
  });
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("objective '", choice.name, "'"));
  }
  return objective;
}

}  // namespace nclab
