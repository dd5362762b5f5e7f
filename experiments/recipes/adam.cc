// adam and adamw, all parameters in one fused call. With g the gradient, for
// adam plus weight_decay w; m, v and t begin at 0:
//
//   t <- t + 1;  m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2
//   w <- w - lr m / (1 - beta1^t) / (sqrt(v / (1 - beta2^t)) + eps)
//
// Where a gradient is 0 from the start m = v = 0, and w stays: eps > 0.
// adamw has w <- (1 - lr weight_decay) w before that instead. The updates of
// torch.optim.Adam and AdamW without amsgrad.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/_fused_adamw.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <utility>

#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/step_rates.h"

namespace nclab {
namespace {

class Adam final : public Optimizer {
 public:
  Adam(const Params& params, const OptimizerInput& input, bool decoupled)
      : parameters_(input.parameters),
        rates_(input),
        beta1_(params.Float("beta1")),
        beta2_(params.Float("beta2")),
        eps_(params.Float("eps")),
        weight_decay_(params.Float("weight_decay")),
        decoupled_(decoupled) {
    for (const at::Tensor& parameter : parameters_) {
      means_.push_back(at::zeros_like(parameter.detach()));
      squares_.push_back(at::zeros_like(parameter.detach()));
      // In fp32 and on the device, as the fused kernels want it.
      steps_.push_back(at::zeros(
          {}, at::TensorOptions(at::kFloat).device(parameter.device())));
    }
  }

  void SetRate(double lr) override { rates_.Set(lr); }

  void Step() override {
    const at::NoGradGuard no_grad;
    std::vector<size_t> with_gradient;
    for (size_t i = 0; i < parameters_.size(); ++i) {
      if (parameters_[i].grad().defined()) with_gradient.push_back(i);
    }
    rates_.ForEachScale(with_gradient, [&](const std::vector<size_t>& members,
                                           const auto& rate) {
      std::vector<at::Tensor> parameters, gradients, means, squares, steps;
      for (const size_t i : members) {
        parameters.push_back(parameters_[i]);
        gradients.push_back(std::exchange(parameters_[i].mutable_grad(), {}));
        means.push_back(means_[i]);
        squares.push_back(squares_[i]);
        steps.push_back(steps_[i]);
      }
      at::_foreach_add_(steps, 1);
      if (decoupled_) {
        at::_fused_adamw_(parameters, gradients, means, squares, {}, steps,
                          rate, beta1_, beta2_, weight_decay_, eps_,
                          /*amsgrad=*/false, /*maximize=*/false);
      } else {
        at::_fused_adam_(parameters, gradients, means, squares, {}, steps, rate,
                         beta1_, beta2_, weight_decay_, eps_,
                         /*amsgrad=*/false, /*maximize=*/false);
      }
    });
  }

  std::vector<OptimizerState> State() const override {
    return {{"exp_avg", means_}, {"exp_avg_sq", squares_}, {"step", steps_}};
  }

 private:
  std::vector<at::Tensor> parameters_, means_, squares_, steps_;
  StepRates rates_;
  double beta1_, beta2_, eps_, weight_decay_;
  bool decoupled_;
};

std::vector<ParamSpec> AdamParams(double weight_decay, std::string decay_help) {
  return {
      FloatParam("beta1", 0.9, "decay of the gradients' mean", 0, 0.9999999),
      FloatParam("beta2", 0.999, "decay of their squares' mean", 0, 0.9999999),
      // 0 / 0 where a gradient has been 0 so far.
      FloatParam("eps", 1e-8, "added to the root of the squares' mean", 1e-30),
      FloatParam("weight_decay", weight_decay, std::move(decay_help), 0)};
}

NCLAB_REGISTER_OPTIMIZER(
    {.name = "adam",
     .summary = "Adam, weight decay in the gradient",
     .reference = "Kingma and Ba, arXiv 1412.6980, algorithm 1",
     .params = AdamParams(0, "times a weight is added to its gradient"),
     .reductions = ReductionsWithoutDecay},
    [](const Params& params, const OptimizerInput& input) {
      return std::make_unique<Adam>(params, input, /*decoupled=*/false);
    });

NCLAB_REGISTER_OPTIMIZER(
    {.name = "adamw",
     .summary = "Adam, weight decay of the weights themselves",
     .reference = "Loshchilov and Hutter, arXiv 1711.05101, algorithm 2, with "
                  "the decay times lr as in torch.optim.AdamW",
     .params = AdamParams(0.01, "weights shrink by lr times this in a step"),
     .reductions = ReductionsWithoutDecay},
    [](const Params& params, const OptimizerInput& input) {
      return std::make_unique<Adam>(params, input, /*decoupled=*/true);
    });

}  // namespace
}  // namespace nclab
