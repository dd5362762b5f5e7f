#include "models/rewrites/rewrites.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>

#include "models/model.h"

namespace nclab {

bool ChannelsAreOne(const at::Tensor& x) {
  return x.dim() == 4 && (x.size(1) == 1 || x.stride(1) == 0);
}

void SeenMaps::See(const at::Tensor& x) {
  one_ = one_ && ChannelsAreOne(x);
  const std::array<int64_t, 2> size = {x.size(2), x.size(3)};
  if (size == size_) return;
  TORCH_CHECK(!fixed_, "The model was rewritten for maps of ", size_[0], "x",
              size_[1], " here; this one is ", size[0], "x", size[1],
              ". Build it anew for images of another size.");
  several_ = size_[0] >= 0;
  size_ = size;
}

std::optional<std::array<int64_t, 2>> SeenMaps::Fix() {
  if (several_ || size_[0] < 0) return std::nullopt;
  fixed_ = true;
  return size_;
}

Rewrites Rewrites::Of(Model& model, const at::Tensor& sample,
                      const ReductionKinds& wanted) {
  Rewrites rewrites;
  std::vector<std::pair<std::string, MapLayer*>> layers;
  for (const auto& item : model.named_modules()) {
    if (auto* layer = dynamic_cast<MapLayer*>(item.value().get())) {
      layers.emplace_back(item.key(), layer);
    }
  }
  if (layers.empty()) return rewrites;
  {
    const at::NoGradGuard no_grad;
    const bool was_training = model.is_training();
    model.eval();
    Taps taps;
    model.Forward(sample, taps);
    model.train(was_training);
  }
  for (const auto& [name, layer] : layers) {
    Specialized done = layer->Specialize(wanted);
    const std::string parameter = name + ".weight";
    std::string words = done.how;
    if (done.reduction) {
      words = done.reduction->why() + (words.empty() ? "" : "; ") + words;
      rewrites.reductions_.emplace_back(parameter, *std::move(done.reduction));
    }
    if (!words.empty()) rewrites.words_.emplace_back(parameter, words);
  }
  return rewrites;
}

const Reduction* Rewrites::Find(const std::string& name) const {
  const auto it = std::find_if(reductions_.begin(), reductions_.end(),
                               [&](const auto& r) { return r.first == name; });
  return it == reductions_.end() ? nullptr : &it->second;
}

NamedTensors Rewrites::Reduced(NamedTensors parameters) const {
  for (auto& [name, tensor] : parameters) {
    if (const Reduction* r = Find(name)) tensor = r->reduced();
  }
  return parameters;
}

void Rewrites::ToFull() const {
  for (const auto& [name, reduction] : reductions_) reduction.ToFull();
}

void Rewrites::FromFull(const NamedTensors& sums) {
  const at::NoGradGuard no_grad;
  for (auto& [name, reduction] : reductions_) {
    const auto given =
        std::find_if(sums.begin(), sums.end(),
                     [&name = name](const auto& s) { return s.first == name; });
    if (given != sums.end()) {
      at::Tensor reduced = reduction.reduced();
      reduced.copy_(given->second);
    } else {
      reduction.FromFull();
    }
  }
}

NamedTensors Rewrites::Sums() const {
  NamedTensors sums;
  for (const auto& [name, reduction] : reductions_) {
    if (reduction.is_sum()) sums.emplace_back(name, reduction.reduced());
  }
  return sums;
}

}  // namespace nclab
