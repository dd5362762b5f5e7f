#include "experiments/recipes/reductions.h"

#include <ATen/core/grad_mode.h>

namespace nclab {

HoldingReductions ReductionsThatHold(bool from_another, double weight_decay) {
  if (weight_decay != 0) {
    return {{/*positions=*/false, /*sums=*/false},
            "dead kernel positions and sums of copies: weight decay also "
            "shrinks what no gradient reaches"};
  }
  if (from_another) {
    return {{/*positions=*/true, /*sums=*/false},
            "sums of copies: the run starts from another's weights"};
  }
  return {};
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

// A sum of gradients is reduced as they are.
std::vector<at::Tensor> FullMomentum(const Rewrites& rewrites,
                                     const NamedTensors& parameters,
                                     const std::vector<at::Tensor>& buffers) {
  std::vector<at::Tensor> full;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = rewrites.Find(parameters[i].first);
    full.push_back(r == nullptr ? buffers[i] : r->FullGradient(buffers[i]));
  }
  return full;
}

void ReduceMomentum(const Rewrites& rewrites, const NamedTensors& parameters,
                    const std::vector<at::Tensor>& full,
                    const std::vector<at::Tensor>& buffers) {
  const at::NoGradGuard no_grad;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = rewrites.Find(parameters[i].first);
    if (r != nullptr) buffers[i].copy_(r->ReducedGradient(full[i]));
  }
}

}  // namespace nclab
