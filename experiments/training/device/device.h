// Device, precision, generators: the process-wide settings of LibTorch.
#ifndef NCLAB_EXPERIMENTS_TRAINING_DEVICE_DEVICE_H_
#define NCLAB_EXPERIMENTS_TRAINING_DEVICE_DEVICE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace nclab {

// Settings that every run wants: denormals flushed to zero (ReLU networks that
// have collapsed make many), deterministic kernels, and large blocks of memory
// kept rather than returned and faulted in again every step. Without
// `deterministic`, for benchmarks alone, kernels are those that cuDNN finds
// fastest. Idempotent.
void ConfigureProcess(bool deterministic = true);

// The device that a flag names: "cpu", "cuda:0", ...
// \error kInvalidArgument if it is no device, or not there; says what is, and
// of a GPU why not. kFailedPrecondition if it is a GPU that cannot be used.
absl::StatusOr<at::Device> FindDevice(const std::string& name);

// What the maker calls a GPU, as "NVIDIA H200"; "" for the CPU, and in builds
// without CUDA's headers.
std::string GpuName(at::Device device);

// Whether FindDevice() answers a CUDA device. \error as there.
absl::StatusOr<bool> IsCuda(const std::string& name);

// \error kInvalidArgument if `device` has no such precision; lists those it
// has. Switches TF32 on or off.
absl::Status SetPrecision(const std::string& precision, at::Device device);

// bf16 autocast while it lives, if `precision` is bf16.
class Autocast {
 public:
  Autocast(const std::string& precision, at::Device device);
  ~Autocast();
  Autocast(const Autocast&) = delete;
  Autocast& operator=(const Autocast&) = delete;

 private:
  bool on_;
  at::DeviceType type_;
};

// Seeds LibTorch's default generators, from which weights and dropout draw.
void SeedGenerators(int64_t seed);

// States of the generators that a run on `device` draws from, by name.
std::map<std::string, at::Tensor> GeneratorStates(at::Device device);
void SetGeneratorState(const std::string& name, const at::Tensor& state,
                       at::Device device);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_DEVICE_DEVICE_H_
