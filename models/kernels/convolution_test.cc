// Which way a convolution takes, where.
#include <ATen/ops/empty.h>

#include <string>

#include "gtest/gtest.h"
#include "models/kernels/kernels.h"

namespace nclab {
namespace {

// For maps of side x side, with weights on a device where nothing is computed:
// it stands for any that is not the CPU.
std::string How(at::Device device, int64_t kernel, int64_t padding,
                int64_t side) {
  Convolution convolution(/*stride=*/1, {padding, padding});
  convolution.ChooseFor(
      at::empty({128, 128, kernel, kernel}, at::TensorOptions(device)), side,
      side);
  return convolution.how();
}

TEST(Convolution, IsOneProductElsewhereOnlyIfItsWeightIsTheMatrix) {
  const std::string product = "one matrix product";
  const auto is_product = [&](at::Device device, int64_t kernel,
                              int64_t padding, int64_t side) {
    return How(device, kernel, padding, side).find(product) !=
           std::string::npos;
  };
  for (const at::Device device :
       {at::Device(at::kCPU), at::Device(at::kMeta)}) {
    EXPECT_TRUE(is_product(device, 1, 0, 1)) << device;
    EXPECT_TRUE(is_product(device, 2, 0, 2)) << device;
  }
  // The matrix is made of parts of the kernel.
  EXPECT_TRUE(is_product(at::kCPU, 3, 1, 2));
  EXPECT_TRUE(is_product(at::kCPU, 3, 1, 1));
  EXPECT_EQ(How(at::kMeta, 3, 1, 2), "");
  EXPECT_EQ(How(at::kMeta, 3, 1, 1), "");
}

TEST(Convolution, TakesTheWaysOfTheCpuThereAlone) {
  EXPECT_NE(How(at::kCPU, 1, 0, 4), "");
  EXPECT_NE(How(at::kCPU, 3, 1, 8), "");
  EXPECT_EQ(How(at::kMeta, 1, 0, 4), "");
  EXPECT_EQ(How(at::kMeta, 3, 1, 8), "");
}

}  // namespace
}  // namespace nclab
