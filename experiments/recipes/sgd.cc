// sgd: v <- momentum v + g + weight_decay w;  w <- w - lr v   (v begins at 0),
// all parameters in one fused call. With nesterov, instead,
//
//   w <- w - lr (g + weight_decay w + momentum v)
//
// With decoupled, w <- (1 - lr weight_decay) w before that, and no decay in v.
// The updates of torch.optim.SGD without dampening.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <functional>
#include <memory>
#include <utility>

#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/step_rates.h"

namespace nclab {
namespace {

// Calls `update` whenever a backward pass has put a gradient into `parameter`;
// null: no more.
void AfterGradient(const at::Tensor& parameter, std::function<void()> update) {
  class Hook final : public torch::autograd::PostAccumulateGradHook {
   public:
    explicit Hook(std::function<void()> update) : update_(std::move(update)) {}
    void operator()(const at::Tensor&) override { update_(); }

   private:
    std::function<void()> update_;
  };
  torch::autograd::impl::set_post_acc_grad_hooks(
      parameter, update ? std::make_unique<Hook>(std::move(update)) : nullptr);
}

// Whether a parameter is so large that its update is worth a call of its own.
bool IsUpdatedInBackward(const at::Tensor& parameter) {
  return parameter.is_cpu() && parameter.numel() >= int64_t{1} << 16;
}

class Sgd final : public Optimizer {
 public:
  Sgd(const Params& params, const OptimizerInput& input)
      : parameters_(input.parameters),
        rates_(input),
        momentum_(params.Float("momentum")),
        nesterov_(params.Bool("nesterov")),
        decay_(params.Float("weight_decay")),
        decoupled_(params.Bool("decoupled") && decay_ != 0) {
    for (const at::Tensor& parameter : parameters_) {
      if (momentum_ != 0)
        buffers_.push_back(at::zeros_like(parameter.detach()));
    }
    if (input.recorded && decoupled_ && !parameters_.empty()) {
      device_kept_ = at::zeros({}, parameters_[0].detach().options());
    }
    // On the CPU the large ones are updated by the backward pass itself, as
    // soon as their gradient is there and while both are in the cache;
    // elsewhere one call for all is faster. The numbers are the same.
    for (size_t i = 0; i < parameters_.size() && !input.recorded; ++i) {
      if (!IsUpdatedInBackward(parameters_[i])) continue;
      hooked_.push_back(parameters_[i]);
      // By its place: a hook that held its own parameter would keep it for
      // ever.
      AfterGradient(parameters_[i], [this, i] { Update({i}); });
    }
  }

  ~Sgd() override {
    for (const at::Tensor& parameter : hooked_) AfterGradient(parameter, {});
  }

  void SetRate(double lr) override {
    rates_.Set(lr);
    kept_ = 1 - lr * decay_;
    if (device_kept_.defined()) device_kept_.fill_(kept_);
  }

  void Step() override {
    std::vector<size_t> all;
    for (size_t i = 0; i < parameters_.size(); ++i) all.push_back(i);
    Update(all);
  }

  std::vector<OptimizerState> State() const override {
    if (momentum_ == 0) return {};
    return {{"momentum", buffers_}};
  }

 private:
  void Update(const std::vector<size_t>& which) {
    const at::NoGradGuard no_grad;
    std::vector<size_t> with_gradient;
    for (const size_t i : which) {
      if (parameters_[i].grad().defined()) with_gradient.push_back(i);
    }
    rates_.ForEachScale(with_gradient, [&](const std::vector<size_t>& members,
                                           const auto& rate) {
      std::vector<at::Tensor> parameters, gradients, buffers;
      for (const size_t i : members) {
        parameters.push_back(parameters_[i]);
        gradients.push_back(std::exchange(parameters_[i].mutable_grad(), {}));
        if (momentum_ != 0) buffers.push_back(buffers_[i]);
      }
      if (device_kept_.defined()) {
        at::_foreach_mul_(parameters, device_kept_);
      } else if (decoupled_) {
        at::_foreach_mul_(parameters, at::Scalar(kept_));
      }
      at::_fused_sgd_(parameters, gradients, buffers, decoupled_ ? 0 : decay_,
                      momentum_, rate, /*dampening=*/0, nesterov_,
                      /*maximize=*/false, /*is_first_step=*/false);
    });
  }

  std::vector<at::Tensor> parameters_, buffers_;
  StepRates rates_;
  double momentum_;
  bool nesterov_;
  double decay_;
  bool decoupled_;
  double kept_ = 1;                 // of a weight, where the decay is decoupled
  at::Tensor device_kept_;          // and where steps are recorded
  std::vector<at::Tensor> hooked_;  // those that the backward pass updates
};

NCLAB_REGISTER_OPTIMIZER(
    {.name = "sgd",
     .summary = "stochastic gradient descent with momentum",
     .reference = "Polyak 1964; nesterov: Sutskever et al. 2013; decoupled: "
                  "Loshchilov and Hutter, arXiv 1711.05101",
     .params = {FloatParam("momentum", 0.9, "of the gradients' running sum", 0,
                           1),
                BoolParam("nesterov", false,
                          "step from where the momentum leads"),
                FloatParam("weight_decay", 0,
                           "times a weight is added to its gradient", 0),
                BoolParam("decoupled", false,
                          "weights shrink by lr times weight_decay instead, "
                          "outside the momentum")},
     .reductions = ReductionsWithoutDecay},
    [](const Params& params, const OptimizerInput& input)
        -> absl::StatusOr<std::unique_ptr<Optimizer>> {
      if (params.Bool("nesterov") && params.Float("momentum") == 0) {
        return absl::InvalidArgumentError(
            "Nesterov's step looks ahead along the momentum, and momentum is "
            "0. Give momentum=0.9, or leave nesterov out.");
      }
      return std::make_unique<Sgd>(params, input);
    });

}  // namespace
}  // namespace nclab
