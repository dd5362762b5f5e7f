#include "experiments/recipes/batches.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/index_select.h>
#include <ATen/ops/randperm.h>

#include <algorithm>

#include "models/rewrites/rewrites.h"

namespace nclab {

// SplitMix64 (Steele, Lea, Flood 2014).
uint64_t MixSeed(uint64_t seed, uint64_t number) {
  uint64_t z = seed * 0x9E3779B97F4A7C15u + number + 0x9E3779B97F4A7C15u;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
  return z ^ (z >> 31);
}

at::Tensor Gather(const at::Tensor& samples, const at::Tensor& index) {
  if (samples.dim() == 4 && samples.size(1) > 1 && ChannelsAreOne(samples)) {
    return samples.narrow(1, 0, 1).index_select(0, index).expand(
        {-1, samples.size(1), -1, -1});
  }
  return samples.index_select(0, index);
}

bool UseChannelsLast(const NamedTensors& parameters) {
  bool any = false;
  for (const auto& [name, tensor] : parameters) {
    if (tensor.dim() != 4) continue;
    tensor.set_data(tensor.detach().contiguous(at::MemoryFormat::ChannelsLast));
    any = true;
  }
  return any;
}

Batches::Batches(int64_t samples, int64_t batch_size, int64_t seed,
                 at::Device device)
    : samples_(samples),
      batch_(std::min(batch_size, samples)),
      seed_(static_cast<uint64_t>(seed)),
      device_(device) {}

at::Tensor Batches::Indices(int64_t step) {
  const int64_t epoch = step / steps_per_epoch();
  if (epoch != epoch_) {
    permutation_ = FirstOfEpoch(epoch, steps_per_epoch());
    epoch_ = epoch;
  }
  const int64_t begin = step % steps_per_epoch() * batch_;
  return permutation_.slice(0, begin, begin + batch_);
}

at::Tensor Batches::FirstOfEpoch(int64_t epoch, int64_t steps) const {
  at::Generator generator = at::detail::createCPUGenerator(
      MixSeed(seed_, static_cast<uint64_t>(epoch)));
  return at::randperm(samples_, generator, at::TensorOptions(at::kLong))
      .slice(0, 0, steps * batch_)
      .to(device_);
}

}  // namespace nclab
