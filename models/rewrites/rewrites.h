// The exact rewrites of a model at the size of its samples: what small maps
// waste is left out. Forward() then computes with the reduced parameters
// (reduction.h), or in another way (models/kernels); the full parameters stay
// registered under their own names, and ToFull() brings them up to date.
#ifndef NCLAB_MODELS_REWRITES_REWRITES_H_
#define NCLAB_MODELS_REWRITES_REWRITES_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "models/kernels/kernels.h"
#include "models/named_tensors.h"
#include "models/rewrites/reduction.h"

namespace nclab {

class Model;

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

// Which reductions are wanted.
struct ReductionKinds {
  bool positions = true;  // parts of kernels
  bool sums = true;       // sums of copies
};

// What a layer does otherwise.
struct Specialized {
  std::optional<Reduction> reduction;  // of its `weight`
  std::string how;  // computed in another way: for people; "" if not
};

// A layer that small maps allow to be computed otherwise.
class MapLayer {
 public:
  virtual ~MapLayer() = default;

  // If the maps met so far allow it, Forward() computes otherwise from now on,
  // for maps of that size only.
  virtual Specialized Specialize(const ReductionKinds& wanted) = 0;
};

// What Specialize() is for a convolution with `weight`: changes `convolution`,
// whose padding shrinks with the kernel.
Specialized SpecializeConvolution(SeenMaps& maps, const ReductionKinds& wanted,
                                  const at::Tensor& weight,
                                  Convolution& convolution);

// And for a Linear, `weight` [out, channels * side * side], behind the average
// of every map over side x side cells: a reduced one takes the maps themselves.
Specialized SpecializePooledLinear(SeenMaps& maps, const ReductionKinds& wanted,
                                   const at::Tensor& weight, int64_t side);

class Rewrites {
 public:
  Rewrites() = default;  // none

  // Rewrites what can be in `model`, for samples like `sample`, [1, C, H, W] on
  // its device, by looking at one forward pass in eval mode, which draws no
  // random number. Parameters keep whether they want a gradient.
  static Rewrites Of(Model& model, const at::Tensor& sample,
                     const ReductionKinds& wanted = {});

  // Names of parameters, and what was done about each.
  const std::vector<std::pair<std::string, std::string>>& words() const {
    return words_;
  }

  // The reduction of the parameter `name`; nullptr if there is none.
  const Reduction* Find(const std::string& name) const;
  // Replaces full parameters by reduced ones, names unchanged.
  NamedTensors Reduced(NamedTensors parameters) const;

  // Full parameters out of the reduced ones, in place; see reduction.h.
  void ToFull() const;
  // Reduced parameters out of the full ones, after those were loaded. Of sums
  // that are given in `sums` (by name), those.
  void FromFull(const NamedTensors& sums);
  // The reduced parameters that full ones do not determine to the last bit.
  NamedTensors Sums() const;

 private:
  std::vector<std::pair<std::string, Reduction>> reductions_;
  std::vector<std::pair<std::string, std::string>> words_;
};

}  // namespace nclab

#endif  // NCLAB_MODELS_REWRITES_REWRITES_H_
