// Whether a GPU can be used, and what helps where it cannot.
#ifndef NCLAB_EXPERIMENTS_TRAINING_DEVICE_GPU_H_
#define NCLAB_EXPERIMENTS_TRAINING_DEVICE_GPU_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nclab {

// What this machine says of its GPUs.
struct GpuFacts {
  // The CUDA of LibTorch, 13020 for 13.2; 0: it is made for the CPU only.
  int built_for = 0;
  // The newest CUDA that the driver knows; 0: no driver is there.
  int driver = 0;
  int count = 0;                       // GPUs that LibTorch can use
  std::optional<std::string> visible;  // CUDA_VISIBLE_DEVICES, where it is set
};
GpuFacts AskForGpus();

// Why none can be used, and what helps. `facts.count` is 0.
std::string WhyNoGpu(const GpuFacts& facts);

// Computes something on a GPU. \error as GpuRefusal().
absl::Status TryGpu(at::Device device);

// \error kFailedPrecondition always: what `words` of LibTorch mean, which
// refuses to compute on `device`, and what helps.
absl::Status GpuRefusal(const std::string& device, absl::string_view words);

// Call it before `bytes` go to `device` for `what`; nothing is checked but on
// GPUs. \error kFailedPrecondition as TooLargeForGpu().
absl::Status CheckGpuMemory(at::Device device, absl::string_view what,
                            int64_t bytes);

// \error kFailedPrecondition "WHAT takes N at least; ..." if `bytes` are more
// than is `free` of `total` on `device`.
absl::Status TooLargeForGpu(const std::string& device, absl::string_view what,
                            int64_t bytes, int64_t free, int64_t total);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_DEVICE_GPU_H_
