#include "experiments/training/device/gpu.h"

#include <ATen/Context.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <dlfcn.h>
#ifdef NCLAB_CUDA
#include <cuda_runtime_api.h>
#endif

#include <cstdlib>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

// 13020 -> "13.2"
std::string CudaName(int version) {
  return absl::StrCat(version / 1000, ".", version % 1000 / 10);
}

// Of the driver's library itself, which every build can ask.
int CudaOfDriver() {
  void* const library = dlopen("libcuda.so.1", RTLD_LAZY | RTLD_LOCAL);
  if (library == nullptr) return 0;
  const auto ask =
      reinterpret_cast<int (*)(int*)>(dlsym(library, "cuDriverGetVersion"));
  int version = 0;
  if (ask != nullptr) ask(&version);
  dlclose(library);
  return version;
}

}  // namespace

GpuFacts AskForGpus() {
  GpuFacts facts;
  if (at::globalContext().hasCUDART()) {
    facts.built_for = static_cast<int>(at::globalContext().versionCUDART());
  }
  facts.driver = CudaOfDriver();
  facts.count = static_cast<int>(at::getNumGPUs());
  if (const char* visible = std::getenv("CUDA_VISIBLE_DEVICES")) {
    facts.visible = visible;
  }
  return facts;
}

std::string WhyNoGpu(const GpuFacts& facts) {
  if (facts.built_for == 0) {
    return absl::StrCat(
        "no CUDA device is there for this build, whose LibTorch is made for "
        "the CPU only",
        facts.driver == 0 ? "; nor is there an NVIDIA driver" : "",
        ". Build with --config=cuda, or with NCLAB_LIBTORCH=DIR of a LibTorch "
        "with CUDA");
  }
  const std::string built =
      absl::StrCat("LibTorch is built for CUDA ", CudaName(facts.built_for));
  if (facts.driver == 0) {
    return absl::StrCat(
        "no CUDA device is there: ", built,
        ", and no NVIDIA driver was found (libcuda.so.1). On a machine with a "
        "GPU its driver has to be installed; does nvidia-smi answer?");
  }
  if (facts.driver / 1000 < facts.built_for / 1000) {
    return absl::StrCat(
        "no CUDA device is there: ", built, ", the NVIDIA driver is of CUDA ",
        CudaName(facts.driver),
        ". Install a newer driver, or build with NCLAB_LIBTORCH=DIR of a "
        "LibTorch for CUDA ",
        facts.driver / 1000);
  }
  return absl::StrCat(
      "no CUDA device is there: ", built, ", the NVIDIA driver is of CUDA ",
      CudaName(facts.driver), " and shows no GPU",
      facts.visible
          ? absl::StrCat(" (CUDA_VISIBLE_DEVICES is '", *facts.visible, "')")
          : "",
      ". Does nvidia-smi list one?");
}

absl::Status TryGpu(at::Device device) {
  try {
    at::zeros({1}, at::TensorOptions(at::kFloat).device(device)).add_(1).cpu();
    return absl::OkStatus();
  } catch (const c10::Error& error) {
    return GpuRefusal(device.str(), error.what_without_backtrace());
  }
}

absl::Status GpuRefusal(const std::string& device, absl::string_view words) {
  const absl::string_view line = words.substr(0, words.find('\n'));
  std::string helps = "Does nvidia-smi show it as healthy?";
  if (absl::StrContains(words, "no kernel image")) {
    helps =
        "This LibTorch has no code for so old or so new a GPU. Build with "
        "NCLAB_LIBTORCH=DIR of one that has.";
  } else if (absl::StrContains(words, "busy or unavailable") ||
             absl::StrContains(words, "exclusive") ||
             absl::StrContains(words, "prohibited")) {
    helps =
        "In exclusive-process mode a GPU serves one process at a time: end the "
        "other one (nvidia-smi names it), or let it serve several "
        "(nvidia-smi -c DEFAULT).";
  } else if (absl::StrContains(words, "out of memory")) {
    helps = "Others have its memory: nvidia-smi names them.";
  } else if (absl::StrContains(words, "driver version is insufficient")) {
    helps =
        "Install a newer driver, or build with NCLAB_LIBTORCH=DIR of a "
        "LibTorch for an older CUDA.";
  }
  return absl::FailedPreconditionError(
      absl::StrCat("Nothing can be computed on ", device, ": ", line, "\n",
                   helps, " Or give --device=cpu."));
}

absl::Status CheckGpuMemory([[maybe_unused]] at::Device device,
                            [[maybe_unused]] absl::string_view what,
                            [[maybe_unused]] int64_t bytes) {
#ifdef NCLAB_CUDA
  size_t free = 0, total = 0;
  if (device.is_cuda() && cudaSetDevice(device.index()) == cudaSuccess &&
      cudaMemGetInfo(&free, &total) == cudaSuccess) {
    return TooLargeForGpu(device.str(), what, bytes, static_cast<int64_t>(free),
                          static_cast<int64_t>(total));
  }
#endif
  return absl::OkStatus();
}

absl::Status TooLargeForGpu(const std::string& device, absl::string_view what,
                            int64_t bytes, int64_t free, int64_t total) {
  if (bytes <= free) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      what, " takes ", FormatBytes(bytes), " at least; on ", device, " ",
      FormatBytes(free), " of ", FormatBytes(total),
      bytes > total
          ? " are free. Ask for less, or give a larger GPU or --device=cpu."
          : " are free. Others have the rest (nvidia-smi names them): end "
            "them, or give another GPU or --device=cpu."));
}

}  // namespace nclab
