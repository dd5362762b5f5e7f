#include "experiments/training/device/device.h"

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>
#include <malloc.h>
#ifdef NCLAB_CUDA
#include <cuda_runtime_api.h>
#endif

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/training/device/gpu.h"
#include "tools/base/status_macros.h"

namespace nclab {

void ConfigureProcess(bool deterministic) {
  // cuBLAS promises the same sums only with a workspace of fixed size.
  setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8", /*overwrite=*/0);
  at::globalContext().setFlushDenormal(true);
  at::globalContext().setDeterministicAlgorithms(deterministic,
                                                 /*warn_only=*/true);
  at::globalContext().setDeterministicCuDNN(deterministic);
  at::globalContext().setBenchmarkCuDNN(!deterministic);
  at::globalContext().setDeterministicFillUninitializedMemory(false);
  mallopt(M_MMAP_THRESHOLD, 1 << 30);
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
}

absl::StatusOr<at::Device> FindDevice(const std::string& name) {
  if (name == "cpu") return at::Device(at::kCPU);
  const int count = static_cast<int>(at::getNumGPUs());
  if (name == "auto" && count == 0) return at::Device(at::kCPU);
  for (int i = 0; i < count; ++i) {
    const bool first = i == 0 && (name == "auto" || name == "cuda");
    if (!first && name != absl::StrCat("cuda:", i)) continue;
    const at::Device device(at::kCUDA, static_cast<c10::DeviceIndex>(i));
    NCLAB_RETURN_IF_ERROR(TryGpu(device));
    return device;
  }
  std::string message = absl::StrCat(
      "Device '", name, "' cannot be used here; there is: auto, cpu");
  if (count > 0) {
    absl::StrAppend(&message, ", cuda, cuda:0 to cuda:", count - 1);
  } else if (absl::StartsWith(name, "cuda")) {
    absl::StrAppend(&message, ". In particular ", WhyNoGpu(AskForGpus()));
  }
  return absl::InvalidArgumentError(message + ".");
}

std::string GpuName(at::Device device) {
#ifdef NCLAB_CUDA
  cudaDeviceProp properties;
  if (device.is_cuda() &&
      cudaGetDeviceProperties(&properties, device.index()) == cudaSuccess) {
    return properties.name;
  }
#endif
  return "";
}

absl::StatusOr<bool> IsCuda(const std::string& name) {
  NCLAB_ASSIGN_OR_RETURN(const at::Device device, FindDevice(name));
  return device.is_cuda();
}

absl::Status SetPrecision(const std::string& precision, at::Device device) {
  if (precision == "tf32" && device.is_cpu()) {
    return absl::InvalidArgumentError(
        "Precision 'tf32' needs CUDA; cpu has: fp32, bf16.");
  }
  const bool tf32 = precision == "tf32";
  at::globalContext().setAllowTF32CuBLAS(tf32);
  at::globalContext().setAllowTF32CuDNN(tf32);
  return absl::OkStatus();
}

Autocast::Autocast(const std::string& precision, at::Device device)
    : on_(precision == "bf16"), type_(device.type()) {
  if (!on_) return;
  at::autocast::set_autocast_dtype(type_, at::kBFloat16);
  at::autocast::set_autocast_enabled(type_, true);
}

Autocast::~Autocast() {
  if (!on_) return;
  at::autocast::set_autocast_enabled(type_, false);
  at::autocast::clear_cache();
}

void SeedGenerators(int64_t seed) {
  at::manual_seed(static_cast<uint64_t>(seed));
}

std::map<std::string, at::Tensor> GeneratorStates(at::Device device) {
  std::map<std::string, at::Tensor> states;
  states["cpu"] = at::globalContext().defaultGenerator(at::kCPU).get_state();
  if (!device.is_cpu()) {
    states["device"] = at::globalContext().defaultGenerator(device).get_state();
  }
  return states;
}

void SetGeneratorState(const std::string& name, const at::Tensor& state,
                       at::Device device) {
  at::Generator generator = at::globalContext().defaultGenerator(
      name == "cpu" ? at::Device(at::kCPU) : device);
  generator.set_state(state);
}

}  // namespace nclab
