// The exact rewrites of a model at the size of its samples: where reduction.h
// holds. Forward() then computes with the reduced parameters; the full ones
// stay registered under their own names, and ToFull() brings them up to date.
#ifndef NCLAB_MODELS_REWRITES_REWRITES_H_
#define NCLAB_MODELS_REWRITES_REWRITES_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/model.h"
#include "models/rewrites/reduction.h"

namespace nclab {

// The sizes of the maps that a layer has met.
class SeenMaps {
 public:
  // x: [B, C, H, W]. Cheap. After Fix() a map of another size is an error.
  void See(const at::Tensor& x);

  // H and W of all maps so far; nothing if there were none, or of two sizes.
  std::optional<std::array<int64_t, 2>> Fix();

  // Whether the channels of every map were one in memory: a grey image,
  // repeated as a view.
  bool channels_are_one() const { return one_; }

 private:
  std::array<int64_t, 2> size_ = {-1, -1};
  bool several_ = false, fixed_ = false, one_ = true;
};

// True if the channels of `x`, [B, C, H, W], are one in memory.
bool ChannelsAreOne(const at::Tensor& x);

// What may be trained in fewer numbers.
struct RewriteRules {
  bool taps = true;  // parts of a kernel
  bool sums = true;  // sums of copies
};

// How a layer was rewritten.
struct Rewritten {
  std::optional<Reduction> reduction;  // of its `weight`
  std::string how;  // computed in another way: for people; "" if not
};

// A layer that small maps allow to compute in another way.
class Rewritable {
 public:
  virtual ~Rewritable() = default;

  // If the maps met so far allow it, Forward() computes otherwise from now on,
  // for maps of that size only.
  virtual Rewritten Rewrite(const RewriteRules& rules) = 0;
};

using NamedTensor = std::pair<std::string, at::Tensor>;

class Rewrites {
 public:
  Rewrites() = default;  // none

  // Rewrites what can be in `model`, for samples like `sample`, [1, C, H, W] on
  // its device, by looking at one forward pass in eval mode, which draws no
  // random number. Parameters keep whether they want a gradient.
  static Rewrites Of(Model& model, const at::Tensor& sample,
                     const RewriteRules& rules = {});

  // Names of parameters, and what was done about each.
  const std::vector<std::pair<std::string, std::string>>& Words() const {
    return words_;
  }

  // Replaces full parameters by reduced ones, names unchanged.
  std::vector<NamedTensor> Reduced(std::vector<NamedTensor> parameters) const;
  // The step scales of `parameters`, by name.
  std::vector<double> StepScales(
      const std::vector<NamedTensor>& parameters) const;

  // Full parameters out of the reduced ones, in place; see reduction.h.
  void ToFull() const;
  // Reduced parameters out of the full ones, after those were loaded. Of sums
  // that are given in `sums` (by name), those.
  void FromFull(const std::vector<NamedTensor>& sums);
  // The reduced parameters that full ones do not determine to the last bit.
  std::vector<NamedTensor> Sums() const;

  // Momentum buffers of `parameters`, in full shape, and back.
  std::vector<at::Tensor> FullMomentum(
      const std::vector<NamedTensor>& parameters,
      const std::vector<at::Tensor>& buffers) const;
  void ReduceMomentum(const std::vector<NamedTensor>& parameters,
                      const std::vector<at::Tensor>& full,
                      const std::vector<at::Tensor>& buffers) const;

 private:
  const Reduction* Find(const std::string& name) const;

  std::vector<std::pair<std::string, Reduction>> reductions_;
  std::vector<std::pair<std::string, std::string>> words_;
};

}  // namespace nclab

#endif  // NCLAB_MODELS_REWRITES_REWRITES_H_
