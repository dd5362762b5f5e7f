#include "experiments/training/device/device.h"

#include <ATen/Context.h>
#include <ATen/ops/matmul.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/rand.h>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

TEST(FindDevice, KnowsTheCpu) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const at::Device device, FindDevice("cpu"));
  EXPECT_TRUE(device.is_cpu());
}

TEST(FindDevice, TakesCudaForAutoExactlyWhereItIs) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const at::Device device, FindDevice("auto"));
  EXPECT_EQ(device.is_cuda(), at::hasCUDA());
  NCLAB_ASSERT_OK_AND_ASSIGN(const bool cuda, IsCuda("auto"));
  EXPECT_EQ(cuda, at::hasCUDA());
}

TEST(FindDevice, RefusesWhatIsNotThereAndSaysWhatIs) {
  for (const char* name : {"cuda:99", "gpu", "cuda:x", "cuda:", ""}) {
    EXPECT_THAT(FindDevice(name),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         AllOf(HasSubstr(std::string("'") + name + "'"),
                               HasSubstr("auto, cpu"))))
        << name;
  }
  if (!at::hasCUDA()) {
    EXPECT_THAT(FindDevice("cuda"),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("no CUDA device is there")));
  }
}

TEST(SetPrecision, RefusesTf32OnTheCpuAndListsWhatItHas) {
  EXPECT_THAT(SetPrecision("tf32", at::kCPU),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("cpu has: fp32, bf16")));
}

// LibTorch's defaults are false and true.
TEST(SetPrecision, SwitchesTf32OfBothLibrariesOnAndOff) {
  const auto is = [](bool on) {
    EXPECT_EQ(at::globalContext().allowTF32CuBLAS(), on);
    EXPECT_EQ(at::globalContext().allowTF32CuDNN(), on);
  };
  const at::Device cuda(at::kCUDA, 0);
  EXPECT_TRUE(SetPrecision("tf32", cuda).ok());
  is(true);
  EXPECT_TRUE(SetPrecision("fp32", at::kCPU).ok());
  is(false);
  EXPECT_TRUE(SetPrecision("tf32", cuda).ok());
  EXPECT_TRUE(SetPrecision("bf16", cuda).ok());
  is(false);
}

TEST(Autocast, ComputesInBf16WhileItLivesAndOnlyThen) {
  const at::Tensor a = at::ones({4, 4});
  {
    const Autocast autocast("bf16", at::kCPU);
    EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kBFloat16);
  }
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
  const Autocast none("fp32", at::kCPU);
  EXPECT_EQ(at::matmul(a, a).scalar_type(), at::kFloat);
}

TEST(GeneratorStates, GoOnWhereTheyWereKept) {
  SeedGenerators(5);
  at::rand({3});
  const auto states = GeneratorStates(at::kCPU);
  ASSERT_EQ(states.size(), 1);
  const at::Tensor expected = at::rand({7});
  SeedGenerators(6);
  EXPECT_FALSE(at::rand({7}).equal(expected));
  SetGeneratorState("cpu", states.at("cpu"), at::kCPU);
  EXPECT_TRUE(at::rand({7}).equal(expected));
}

TEST(ConfigureProcess, FlushesDenormals) {
  ConfigureProcess();
  // 2e-38 is a normal number, half of it is not.
  const at::Tensor least = at::ones({64}).mul(2e-38);
  EXPECT_GT(least.min().item<float>(), 0.0f);
  EXPECT_EQ(least.mul(0.5).max().item<float>(), 0.0f);
}

}  // namespace
}  // namespace nclab
