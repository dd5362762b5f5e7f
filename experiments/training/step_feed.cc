#include "experiments/training/step_feed.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/remainder.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <utility>

namespace nclab {

StepFeed::StepFeed(Batches& batches, const std::vector<double>& schedule,
                   const std::map<double, at::Tensor>& rates, at::Tensor index,
                   at::Tensor losses)
    : batches_(batches),
      index_(index.unsqueeze(0)),
      losses_(std::move(losses)),
      places_(at::arange(losses_.size(0), index.options())),
      order_(at::empty({batches.steps_per_epoch(), index.size(0)},
                       index.options())),
      step_(at::empty({1}, index.options())),
      periods_(at::tensor({batches.steps_per_epoch(), losses_.size(0)},
                          index.options())),
      remainder_(at::empty_like(periods_)) {
  for (const auto& [scale, rate] : rates) {
    std::vector<double> scaled = schedule;
    for (double& lr : scaled) lr *= scale;
    rates_.push_back(
        {rate.view({1}),
         at::tensor(scaled, at::TensorOptions(at::kFloat)).to(rate.device())});
  }
}

void StepFeed::Begin(int64_t step) {
  const int64_t epoch = step / batches_.steps_per_epoch();
  if (epoch != epoch_) {
    order_.copy_(batches_.Order(step).view_as(order_));
    epoch_ = epoch;
  }
  if (step != next_) step_.fill_(step);
  next_ = step + 1;
}

void StepFeed::Load() {
  at::remainder_out(remainder_, step_, periods_);
  at::index_select_out(index_, order_, 0, remainder_.narrow(0, 0, 1));
  for (Rate& rate : rates_) {
    at::index_select_out(rate.of_step, rate.of_steps, 0, step_);
  }
}

void StepFeed::Store(const at::Tensor& loss) {
  at::where_out(losses_, places_ == remainder_.narrow(0, 1, 1), loss, losses_);
  step_.add_(1);
}

}  // namespace nclab
