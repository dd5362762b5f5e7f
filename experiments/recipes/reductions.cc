#include "experiments/recipes/reductions.h"

#include <ATen/core/grad_mode.h>

#include <utility>

namespace nclab {

HoldingReductions ReductionsWithoutDecay(const Params& params) {
  if (params.Float("weight_decay") == 0) return {};
  return {{/*positions=*/false, /*sums=*/false},
          "dead kernel positions and sums of copies: weight decay also shrinks "
          "what no gradient reaches"};
}

HoldingReductions ReductionsThatHold(HoldingReductions under_optimizer,
                                     bool from_another) {
  HoldingReductions holding = std::move(under_optimizer);
  if (from_another && holding.kinds.sums) {
    holding.kinds.sums = false;
    if (!holding.left_out.empty()) holding.left_out += "; ";
    holding.left_out += "sums of copies: the run starts from another's weights";
  }
  return holding;
}

std::vector<double> StepScales(const Rewrites& rewrites,
                               const NamedTensors& parameters) {
  std::vector<double> scales;
  for (const auto& [name, tensor] : parameters) {
    const Reduction* r = rewrites.Find(name);
    scales.push_back(r == nullptr ? 1 : static_cast<double>(r->copies()));
  }
  return scales;
}

namespace {

// The reduction of parameter `i` that `tensor` of a state goes along with.
const Reduction* ReductionOf(const Rewrites& rewrites,
                             const NamedTensors& parameters, size_t i,
                             const at::Tensor& tensor) {
  const Reduction* r = rewrites.Find(parameters[i].first);
  return r != nullptr && tensor.sizes() == r->reduced().sizes() ? r : nullptr;
}

}  // namespace

// A sum of gradients is reduced as they are.
std::vector<at::Tensor> FullState(const Rewrites& rewrites,
                                  const NamedTensors& parameters,
                                  const std::vector<at::Tensor>& state) {
  std::vector<at::Tensor> full;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = ReductionOf(rewrites, parameters, i, state[i]);
    full.push_back(r == nullptr ? state[i] : r->FullGradient(state[i]));
  }
  return full;
}

void ReduceState(const Rewrites& rewrites, const NamedTensors& parameters,
                 const std::vector<at::Tensor>& full,
                 const std::vector<at::Tensor>& state) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = ReductionOf(rewrites, parameters, i, state[i]);
    if (r != nullptr) state[i].copy_(r->ReducedGradient(full[i]));
  }
}

}  // namespace nclab
