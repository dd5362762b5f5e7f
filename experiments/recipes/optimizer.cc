#include "experiments/recipes/optimizer.h"

#include <algorithm>
#include <set>

#include "absl/strings/str_cat.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

namespace nclab {
namespace {

absl::Status CheckState(const Optimizer& optimizer, size_t parameters) {
  std::set<std::string> names;
  for (const OptimizerState& state : optimizer.State()) {
    const bool defined =
        std::all_of(state.tensors.begin(), state.tensors.end(),
                    [](const at::Tensor& tensor) { return tensor.defined(); });
    if (state.tensors.size() == parameters && defined && !state.name.empty() &&
        names.insert(state.name).second) {
      continue;
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "Its state '", state.name, "' holds ", state.tensors.size(),
        " tensors of ", parameters, " parameters",
        defined ? "" : ", some of them undefined",
        ". A state has a name of its own and one tensor per parameter: see "
        "experiments/recipes/optimizer.h."));
  }
  return absl::OkStatus();
}

}  // namespace

OptimizerRegistry& Optimizers() {
  static auto* const registry = new OptimizerRegistry("optimizer");
  return *registry;
}

bool RegisterOptimizer(OptimizerInfo info, OptimizerFactory factory,
                       const char* file, int line) {
  Optimizers().Register(std::move(info), std::move(factory), file, line);
  return true;
}

absl::StatusOr<std::unique_ptr<Optimizer>> MakeOptimizer(
    const BoundChoice& choice, const OptimizerInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Optimizers().Find(choice.name));
  std::unique_ptr<Optimizer> optimizer;
  const absl::Status status = CatchTorch([&]() -> absl::Status {
    const bool has_sums =
        std::any_of(input.step_scales.begin(), input.step_scales.end(),
                    [](double scale) { return scale != 1; });
    if (has_sums && !ReductionsUnder(choice).kinds.sums) {
      return absl::InvalidArgumentError(
          "It was given sums of copies of parameters. Training those is not "
          "training the parameters under this optimizer; leave the reduction "
          "out.");
    }
    NCLAB_ASSIGN_OR_RETURN(optimizer, entry->factory(choice.params, input));
    return CheckState(*optimizer, input.parameters.size());
  });
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("optimizer '", choice.name, "'"));
  }
  return optimizer;
}

HoldingReductions ReductionsUnder(const BoundChoice& choice) {
  const auto entry = Optimizers().Find(choice.name);
  if (entry.ok() && (*entry)->info.reductions) {
    return (*entry)->info.reductions(choice.params);
  }
  return {{/*positions=*/false, /*sums=*/false},
          absl::StrCat("dead kernel positions and sums of copies: optimizer '",
                       choice.name, "' does not say that they hold")};
}

}  // namespace nclab
