#include "experiments/training/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros_like.h>

#include <map>

namespace nclab {

Sgd::Sgd(std::vector<at::Tensor> parameters, double momentum,
         double weight_decay, std::vector<double> step_scales)
    : parameters_(std::move(parameters)),
      step_scales_(std::move(step_scales)),
      momentum_(momentum),
      weight_decay_(weight_decay) {
  for (const at::Tensor& parameter : parameters_) {
    buffers_.push_back(at::zeros_like(parameter.detach()));
  }
  step_scales_.resize(parameters_.size(), 1);
}

void Sgd::Step(double lr) {
  const at::NoGradGuard no_grad;
  struct Group {
    std::vector<at::Tensor> parameters, gradients, buffers;
  };
  std::map<double, Group> groups;  // by step scale
  for (size_t i = 0; i < parameters_.size(); ++i) {
    at::Tensor& gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    Group& group = groups[step_scales_[i]];
    group.parameters.push_back(parameters_[i]);
    group.gradients.push_back(std::move(gradient));
    if (momentum_ != 0) group.buffers.push_back(buffers_[i]);
    gradient = at::Tensor();
  }
  for (auto& [scale, group] : groups) {
    at::_fused_sgd_(group.parameters, group.gradients, group.buffers,
                    weight_decay_, momentum_, lr * scale, /*dampening=*/0,
                    /*nesterov=*/false, /*maximize=*/false,
                    /*is_first_step=*/false);
  }
}

}  // namespace nclab
