// my_optimizer: w <- w - lr sign(beta m + (1 - beta) g), with m the mean of the
// gradients g that forgets at the rate 1 - beta.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "experiments/recipes/optimizer.h"

namespace {

using nclab::OptimizerInput;

class MyOptimizer final : public nclab::Optimizer {
 public:
  MyOptimizer(double beta, const OptimizerInput& input)
      : beta_(beta), input_(input) {
    for (const at::Tensor& w : input_.parameters) {
      means_.push_back(at::zeros_like(w.detach()));
      rates_.push_back(at::zeros({}, w.detach().options()));
    }
  }

  // On the device, where a recorded step finds it.
  void SetRate(double lr) override {
    for (size_t i = 0; i < rates_.size(); ++i) {
      rates_[i].fill_(input_.step_scales.empty() ? lr
                                                 : lr * input_.step_scales[i]);
    }
  }

  void Step() override {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < means_.size(); ++i) {
      const at::Tensor& w = input_.parameters[i];
      if (!w.grad().defined()) continue;
      means_[i].mul_(beta_).add_(w.grad(), 1 - beta_);
      w.sub_(means_[i].sign() * rates_[i]);
      w.mutable_grad() = at::Tensor();
    }
  }

  std::vector<nclab::OptimizerState> State() const override {
    return {{"mean", means_}};
  }

 private:
  double beta_;
  OptimizerInput input_;
  std::vector<at::Tensor> means_, rates_;
};

NCLAB_REGISTER_OPTIMIZER(
    {.name = "my_optimizer",
     .summary = "steps of one size in the sign of the mean gradient",
     .reference = "nclab, tools/plugin_example/recipe/my_optimizer.cc",
     .params = {nclab::FloatParam("beta", 0.9, "of the mean", 0, 0.9999)},
     // Each number by itself, by its gradients alone, 0 where they are 0.
     .reductions =
         [](const nclab::Params&) { return nclab::HoldingReductions(); }},
    [](const nclab::Params& params, const OptimizerInput& input) {
      return std::make_unique<MyOptimizer>(params.Float("beta"), input);
    });

}  // namespace
