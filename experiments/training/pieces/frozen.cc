#include "experiments/training/pieces/frozen.h"

#include <ATen/core/grad_mode.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "experiments/training/evaluation/evaluation.h"
#include "metrics/evaluation/measurements.h"
#include "models/layers/layers.h"

namespace nclab {
namespace {

// The last Linear; null where it is of a class of the model's own.
std::function<at::Tensor(const at::Tensor&)> HeadOf(Model& model) {
  for (const auto& item : model.named_modules()) {
    if (item.key() != model.head()) continue;
    if (auto ours = std::dynamic_pointer_cast<Linear>(item.value())) {
      return [ours](const at::Tensor& x) { return ours->Forward(x); };
    }
    if (auto torchs =
            std::dynamic_pointer_cast<torch::nn::LinearImpl>(item.value())) {
      return [torchs](const at::Tensor& x) { return torchs->forward(x); };
    }
  }
  return nullptr;
}

}  // namespace

std::optional<Frozen> Freeze(Model& model, const DeviceSplit& split,
                             int64_t batch) {
  const at::NoGradGuard no_grad;
  Frozen frozen;
  frozen.head = HeadOf(model);
  if (!frozen.head) return std::nullopt;
  const int64_t n = split.labels.size(0);
  at::Tensor all;  // [N, D]
  for (int64_t begin = 0; begin < n; begin += batch) {
    // The last one begins earlier, so that it is whole.
    const int64_t first = std::min(begin, n - batch);
    Taps taps(std::vector<std::string>{kHeadLayer});
    const at::Tensor logits =
        model.Forward(split.samples.slice(0, first, first + batch), taps);
    const at::Tensor& features = taps.tensors()[0];
    if (!all.defined()) {
      const int64_t bytes = n * features.size(1) * features.element_size();
      if (bytes > kKeptFeatures || !frozen.head(features).equal(logits)) {
        return std::nullopt;
      }
      all = features.new_empty({n, features.size(1)});
    }
    all.slice(0, first, first + batch).copy_(features);
  }
  frozen.split = {all, split.labels};
  return frozen;
}

}  // namespace nclab
