// The learning rate of every parameter: that of the day, times the parameter's
// step scale, on the device where steps are recorded.
#ifndef NCLAB_EXPERIMENTS_RECIPES_STEP_RATES_H_
#define NCLAB_EXPERIMENTS_RECIPES_STEP_RATES_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/zeros.h>

#include <map>
#include <vector>

#include "experiments/recipes/optimizer.h"

namespace nclab {

class StepRates {
 public:
  explicit StepRates(const OptimizerInput& input) : scales_(input.step_scales) {
    scales_.resize(input.parameters.size(), 1);
    for (size_t i = 0; input.recorded && i < scales_.size(); ++i) {
      at::Tensor& rate = on_device_[scales_[i]];
      if (rate.defined()) continue;
      // In fp32, as the fused kernels want it.
      rate = at::zeros(
          {},
          at::TensorOptions(at::kFloat).device(input.parameters[i].device()));
    }
  }

  void Set(double lr) {
    rate_ = lr;
    for (auto& [scale, rate] : on_device_) rate.fill_(lr * scale);
  }

  // update(members, rate) for those of `which` parameters that share a scale;
  // `rate` is a double, or a tensor on the device.
  template <typename Update>
  void ForEachScale(const std::vector<size_t>& which,
                    const Update& update) const {
    std::map<double, std::vector<size_t>> groups;
    for (const size_t i : which) groups[scales_[i]].push_back(i);
    for (const auto& [scale, members] : groups) {
      if (on_device_.empty()) {
        update(members, rate_ * scale);
      } else {
        update(members, on_device_.at(scale));
      }
    }
  }

 private:
  std::vector<double> scales_;
  double rate_ = 0;
  std::map<double, at::Tensor> on_device_;  // by scale; or empty
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_STEP_RATES_H_
