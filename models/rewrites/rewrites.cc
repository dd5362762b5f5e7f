#include "models/rewrites/rewrites.h"

#include <ATen/core/grad_mode.h>
#include <c10/util/Exception.h>

#include <algorithm>

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
                      const RewriteRules& rules) {
  Rewrites rewrites;
  std::vector<std::pair<std::string, Rewritable*>> layers;
  for (const auto& item : model.named_modules()) {
    if (auto* layer = dynamic_cast<Rewritable*>(item.value().get())) {
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
    Rewritten done = layer->Rewrite(rules);
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

std::vector<NamedTensor> Rewrites::Reduced(
    std::vector<NamedTensor> parameters) const {
  for (auto& [name, tensor] : parameters) {
    if (const Reduction* r = Find(name)) tensor = r->reduced();
  }
  return parameters;
}

std::vector<double> Rewrites::StepScales(
    const std::vector<NamedTensor>& parameters) const {
  std::vector<double> scales;
  for (const auto& [name, tensor] : parameters) {
    const Reduction* r = Find(name);
    scales.push_back(r == nullptr ? 1 : static_cast<double>(r->step_scale()));
  }
  return scales;
}

void Rewrites::ToFull() const {
  for (const auto& [name, reduction] : reductions_) reduction.ToFull();
}

void Rewrites::FromFull(const std::vector<NamedTensor>& sums) {
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

std::vector<NamedTensor> Rewrites::Sums() const {
  std::vector<NamedTensor> sums;
  for (const auto& [name, reduction] : reductions_) {
    if (reduction.is_sum()) sums.emplace_back(name, reduction.reduced());
  }
  return sums;
}

std::vector<at::Tensor> Rewrites::FullMomentum(
    const std::vector<NamedTensor>& parameters,
    const std::vector<at::Tensor>& buffers) const {
  std::vector<at::Tensor> full;
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = Find(parameters[i].first);
    full.push_back(r == nullptr ? buffers[i] : r->FullMomentum(buffers[i]));
  }
  return full;
}

void Rewrites::ReduceMomentum(const std::vector<NamedTensor>& parameters,
                              const std::vector<at::Tensor>& full,
                              const std::vector<at::Tensor>& buffers) const {
  for (size_t i = 0; i < parameters.size(); ++i) {
    const Reduction* r = Find(parameters[i].first);
    if (r != nullptr) r->ReduceMomentum(full[i], buffers[i]);
  }
}

}  // namespace nclab
