#include "experiments/training/device/gpu.h"

#include <ATen/Context.h>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kGiB = int64_t{1} << 30;

TEST(AskForGpus, AgreesWithLibTorch) {
  const GpuFacts facts = AskForGpus();
  EXPECT_EQ(facts.count > 0, at::hasCUDA());
  if (facts.count > 0) {
    EXPECT_GE(facts.driver / 1000, facts.built_for / 1000);
    EXPECT_GT(facts.built_for, 0);
  }
}

TEST(WhyNoGpu, SaysWhatIsMissingAndWhatHelps) {
  EXPECT_THAT(WhyNoGpu({.built_for = 0, .driver = 0}),
              AllOf(HasSubstr("for the CPU only"), HasSubstr("--config=cuda"),
                    HasSubstr("nor is there an NVIDIA driver")));
  EXPECT_THAT(WhyNoGpu({.built_for = 0, .driver = 13000}),
              AllOf(HasSubstr("--config=cuda"), Not(HasSubstr("driver"))));
  EXPECT_THAT(
      WhyNoGpu({.built_for = 13020, .driver = 0}),
      AllOf(HasSubstr("for CUDA 13.2"), HasSubstr("no NVIDIA driver was"),
            HasSubstr("nvidia-smi")));
  EXPECT_THAT(WhyNoGpu({.built_for = 13020, .driver = 12080}),
              AllOf(HasSubstr("for CUDA 13.2"), HasSubstr("of CUDA 12.8"),
                    HasSubstr("newer driver"), HasSubstr("for CUDA 12")));
  // CUDA 13.2 runs with a driver of 13.0; so something else is the matter.
  EXPECT_THAT(
      WhyNoGpu({.built_for = 13020, .driver = 13000}),
      AllOf(HasSubstr("shows no GPU"), Not(HasSubstr("VISIBLE_DEVICES"))));
  EXPECT_THAT(WhyNoGpu({.built_for = 13020, .driver = 13000, .visible = ""}),
              HasSubstr("CUDA_VISIBLE_DEVICES is ''"));
}

TEST(GpuRefusal, SaysWhatLibTorchsWordsMean) {
  const auto refusal = [](const char* words) {
    return GpuRefusal("cuda:1", absl::StrCat(words, "\nmore lines"));
  };
  const auto says = [](const char* words) {
    return StatusIs(
        StatusCode::kFailedPrecondition,
        AllOf(HasSubstr("on cuda:1"), HasSubstr(words),
              HasSubstr("--device=cpu"), Not(HasSubstr("more lines"))));
  };
  EXPECT_THAT(refusal("CUDA error: no kernel image is available for execution "
                      "on the device"),
              says("NCLAB_LIBTORCH"));
  EXPECT_THAT(
      refusal("CUDA error: CUDA-capable device(s) is/are busy or unavailable"),
      says("exclusive-process"));
  EXPECT_THAT(refusal("CUDA error: out of memory"), says("have its memory"));
  EXPECT_THAT(refusal("CUDA error: CUDA driver version is insufficient for "
                      "CUDA runtime version"),
              says("newer driver"));
  EXPECT_THAT(refusal("CUDA error: unknown error"), says("unknown error"));
}

TEST(TryGpu, RefusesOneThatIsNotThere) {
  if (at::hasCUDA()) GTEST_SKIP() << "there is one";
  EXPECT_THAT(
      TryGpu(at::Device(at::kCUDA, 0)),
      StatusIs(StatusCode::kFailedPrecondition, HasSubstr("on cuda:0")));
}

TEST(CheckGpuMemory, HasNoWordOnTheCpu) {
  EXPECT_THAT(CheckGpuMemory(at::kCPU, "everything", INT64_MAX), IsOk());
}

TEST(TooLargeForGpu, SaysWhatIsNeededAndWhatIsThere) {
  EXPECT_THAT(TooLargeForGpu("cuda:0", "the data", kGiB, kGiB, 8 * kGiB),
              IsOk());
  EXPECT_THAT(
      TooLargeForGpu("cuda:0", "the data", 9 * kGiB, 7 * kGiB, 8 * kGiB),
      StatusIs(StatusCode::kFailedPrecondition,
               AllOf(HasSubstr("the data takes"), HasSubstr("on cuda:0"),
                     HasSubstr("larger GPU"), Not(HasSubstr("Others")))));
  EXPECT_THAT(
      TooLargeForGpu("cuda:0", "the data", 3 * kGiB, 2 * kGiB, 8 * kGiB),
      StatusIs(StatusCode::kFailedPrecondition, HasSubstr("Others have")));
}

}  // namespace
}  // namespace nclab
