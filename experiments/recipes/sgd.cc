#include "experiments/recipes/sgd.h"

#include <ATen/core/grad_mode.h>
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

Sgd::Sgd(std::vector<at::Tensor> parameters, double momentum,
         double weight_decay, std::vector<double> step_scales,
         bool rate_on_device)
    : parameters_(std::move(parameters)),
      step_scales_(std::move(step_scales)),
      momentum_(momentum),
      weight_decay_(weight_decay) {
  for (const at::Tensor& parameter : parameters_) {
    buffers_.push_back(at::zeros_like(parameter.detach()));
  }
  step_scales_.resize(parameters_.size(), 1);
  for (size_t i = 0; rate_on_device && i < parameters_.size(); ++i) {
    at::Tensor& rate = device_rates_[step_scales_[i]];
    if (!rate.defined()) {
      rate = at::zeros(
          {}, at::TensorOptions(at::kFloat).device(parameters_[i].device()));
    }
  }
}

void Sgd::SetRate(double lr) {
  rate_ = lr;
  for (auto& [scale, rate] : device_rates_) rate.fill_(lr * scale);
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
    if (momentum_ != 0) group.buffers.push_back(buffers_[i]);
    gradient = at::Tensor();
  }
  for (auto& [scale, group] : groups) {
    const auto step = [&](const auto& rate) {
      at::_fused_sgd_(group.parameters, group.gradients, group.buffers,
                      weight_decay_, momentum_, rate, /*dampening=*/0,
                      /*nesterov=*/false, /*maximize=*/false,
                      /*is_first_step=*/false);
    };
    if (device_rates_.empty()) {
      step(rate_ * scale);
    } else {
      step(device_rates_.at(scale));
    }
  }
}

bool IsUpdatedInBackward(const at::Tensor& parameter) {
  return parameter.is_cpu() && parameter.numel() >= int64_t{1} << 16;
}

}  // namespace nclab
