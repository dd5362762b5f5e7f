// Which samples a step sees, and how they lie in memory.
#ifndef NCLAB_EXPERIMENTS_RECIPES_BATCHES_H_
#define NCLAB_EXPERIMENTS_RECIPES_BATCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "models/named_tensors.h"

namespace nclab {

// A split on the device, as the model sees it.
struct DeviceSplit {
  at::Tensor samples;           // float [N, ...]
  at::Tensor labels;            // int64 [N]
  at::Tensor fine_labels = {};  // int64 [N], those before a view joined
                                // classes; undefined where there are none
};

// Samples `index` of `samples` [N, ...]. Channels that are one in memory (a
// grey image, repeated) stay one.
at::Tensor Gather(const at::Tensor& samples, const at::Tensor& index);

// Puts the weights of convolutions among `parameters` into channels-last
// memory, for which there are faster kernels (docs/performance.md). Values and
// names stay. Returns whether there were any.
bool UseChannelsLast(const NamedTensors& parameters);

// Spreads two numbers over 64 bits, to seed a generator with.
uint64_t MixSeed(uint64_t seed, uint64_t number);

// A fresh permutation per epoch, the last partial batch dropped. A pure
// function of seed and step, so a resumed run needs no stored permutation.
class Batches {
 public:
  // A batch has min(batch_size, samples) samples.
  Batches(int64_t samples, int64_t batch_size, int64_t seed, at::Device device);

  // int64 [B] on the device: the sample indices of step `step`, 0-based.
  at::Tensor Indices(int64_t step);

  // int64 [steps * B] on the device: the sample indices of the first `steps`
  // steps of `epoch`.
  at::Tensor FirstOfEpoch(int64_t epoch, int64_t steps) const;

  int64_t steps_per_epoch() const { return samples_ / batch_; }

 private:
  int64_t samples_;
  int64_t batch_;
  uint64_t seed_;
  at::Device device_;
  int64_t epoch_ = -1;
  at::Tensor permutation_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_BATCHES_H_
