// Which samples a step sees: a fresh permutation per epoch, the last partial
// batch dropped. A pure function of seed and step, so a resumed run needs no
// stored permutation.
#ifndef NCLAB_EXPERIMENTS_RECIPES_BATCHES_H_
#define NCLAB_EXPERIMENTS_RECIPES_BATCHES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace nclab {

class Batches {
 public:
  // A batch has min(batch_size, samples) samples.
  Batches(int64_t samples, int64_t batch_size, int64_t seed, at::Device device);

  // int64 [B] on the device: the sample indices of step `step`, 0-based.
  at::Tensor Indices(int64_t step);

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
