#include "experiments/training/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros_like.h>

namespace nclab {

Sgd::Sgd(std::vector<at::Tensor> parameters, double momentum,
         double weight_decay)
    : parameters_(std::move(parameters)),
      momentum_(momentum),
      weight_decay_(weight_decay) {
  for (const at::Tensor& parameter : parameters_) {
    buffers_.push_back(at::zeros_like(parameter.detach()));
  }
}

void Sgd::Step(double lr) {
  const at::NoGradGuard no_grad;
  std::vector<at::Tensor> parameters, gradients, buffers;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!parameters_[i].grad().defined()) continue;
    parameters.push_back(parameters_[i]);
    gradients.push_back(parameters_[i].grad());
    buffers.push_back(buffers_[i]);
  }
  at::_fused_sgd_(parameters, gradients,
                  momentum_ == 0 ? std::vector<at::Tensor>() : buffers,
                  weight_decay_, momentum_, lr, /*dampening=*/0,
                  /*nesterov=*/false, /*maximize=*/false,
                  /*is_first_step=*/false);
  for (const at::Tensor& parameter : parameters_) {
    parameter.mutable_grad() = at::Tensor();
  }
}

}  // namespace nclab
