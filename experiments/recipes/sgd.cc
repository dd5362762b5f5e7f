#include "experiments/recipes/sgd.h"

#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_mul.h>
#include <ATen/ops/_fused_sgd.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>
#include <torch/csrc/autograd/function_hook.h>
#include <torch/csrc/autograd/variable.h>

#include <functional>
#include <memory>
#include <numeric>

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

}  // namespace

Sgd::Sgd(const OptimizerInput& input, const SgdOptions& options)
    : parameters_(input.parameters),
      step_scales_(input.step_scales),
      options_(options) {
  for (const at::Tensor& parameter : parameters_) {
    buffers_.push_back(at::zeros_like(parameter.detach()));
  }
  step_scales_.resize(parameters_.size(), 1);
  if (!input.recorded) return;
  for (size_t i = 0; i < parameters_.size(); ++i) {
    const at::TensorOptions on_device =
        at::TensorOptions(at::kFloat).device(parameters_[i].device());
    at::Tensor& rate = device_rates_[step_scales_[i]];
    if (!rate.defined()) rate = at::zeros({}, on_device);
    if (i == 0 && options_.decoupled) {
      device_kept_ = at::zeros({}, on_device.dtype(parameters_[0].dtype()));
    }
  }
}

Sgd::Sgd(std::vector<at::Tensor> parameters, double momentum,
         double weight_decay, std::vector<double> step_scales,
         bool rate_on_device)
    : Sgd(OptimizerInput{std::move(parameters), std::move(step_scales),
                         rate_on_device},
          SgdOptions{.momentum = momentum, .weight_decay = weight_decay}) {}

void Sgd::SetRate(double lr) {
  rate_ = lr;
  for (auto& [scale, rate] : device_rates_) rate.fill_(lr * scale);
  if (device_kept_.defined())
    device_kept_.fill_(1 - lr * options_.weight_decay);
}

void Sgd::Step() {
  std::vector<size_t> all(parameters_.size());
  std::iota(all.begin(), all.end(), size_t{0});
  Update(all);
}

void Sgd::UpdateInBackward() {
  for (size_t i = 0; i < parameters_.size(); ++i) {
    if (!IsUpdatedInBackward(parameters_[i])) continue;
    hooked_.push_back(parameters_[i]);
    // By its place: a hook that held its own parameter would keep it for ever.
    AfterGradient(parameters_[i], [this, i] { Update({i}); });
  }
}

Sgd::~Sgd() {
  for (const at::Tensor& parameter : hooked_) AfterGradient(parameter, {});
}

void Sgd::Update(const std::vector<size_t>& which) {
  const at::NoGradGuard no_grad;
  struct Group {
    std::vector<at::Tensor> parameters, gradients, buffers;
  };
  std::map<double, Group> groups;  // by step scale
  for (const size_t i : which) {
    at::Tensor& gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    Group& group = groups[step_scales_[i]];
    group.parameters.push_back(parameters_[i]);
    group.gradients.push_back(std::move(gradient));
    if (options_.momentum != 0) group.buffers.push_back(buffers_[i]);
    gradient = at::Tensor();
  }
  for (auto& [scale, group] : groups) {
    if (device_kept_.defined()) {
      at::_foreach_mul_(group.parameters, device_kept_);
    } else if (options_.decoupled) {
      at::_foreach_mul_(group.parameters,
                        at::Scalar(1 - rate_ * options_.weight_decay));
    }
    const auto step = [&](const auto& rate) {
      at::_fused_sgd_(group.parameters, group.gradients, group.buffers,
                      options_.decoupled ? 0 : options_.weight_decay,
                      options_.momentum, rate, /*dampening=*/0,
                      options_.nesterov, /*maximize=*/false,
                      /*is_first_step=*/false);
    };
    if (device_rates_.empty()) {
      step(rate_ * scale);
    } else {
      step(device_rates_.at(scale));
    }
  }
}

std::vector<OptimizerState> Sgd::State() const {
  if (options_.momentum == 0) return {};
  return {{"momentum", buffers_}};
}

bool IsUpdatedInBackward(const at::Tensor& parameter) {
  return parameter.is_cpu() && parameter.numel() >= int64_t{1} << 16;
}

namespace {

absl::StatusOr<std::unique_ptr<Optimizer>> MakeSgd(
    const Params& params, const OptimizerInput& input) {
  const SgdOptions options = {.momentum = params.Float("momentum"),
                              .nesterov = params.Bool("nesterov"),
                              .weight_decay = params.Float("weight_decay"),
                              .decoupled = params.Bool("decoupled")};
  if (options.nesterov && options.momentum == 0) {
    return absl::InvalidArgumentError(
        "Nesterov's step looks ahead along the momentum, and momentum is 0. "
        "Give momentum=0.9, or leave nesterov out.");
  }
  auto sgd = std::make_unique<Sgd>(input, options);
  if (!input.recorded) sgd->UpdateInBackward();
  return sgd;
}

NCLAB_REGISTER_OPTIMIZER(
    {.name = "sgd",
     .summary = "stochastic gradient descent with momentum",
     .reference = "Polyak 1964; nesterov: Sutskever et al. 2013; decoupled: "
                  "Loshchilov and Hutter, arXiv 1711.05101",
     .params = {FloatParam("momentum", 0.9, "of the gradients' running sum", 0,
                           1),
                BoolParam("nesterov", false,
                          "step from where the momentum "
                          "leads"),
                FloatParam("weight_decay", 0,
                           "times a weight is added to its gradient", 0),
                BoolParam("decoupled", false,
                          "weight decay shrinks the weights themselves, by lr "
                          "times weight_decay, and stays out of the momentum")},
     .reductions = ReductionsWithoutDecay},
    MakeSgd);

}  // namespace

}  // namespace nclab
