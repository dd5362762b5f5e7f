#include "models/kernels/winograd.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/randn.h>

#include <vector>

#include "gtest/gtest.h"

namespace nclab {
namespace {

struct Pass {
  std::vector<at::Tensor> tensors;  // y, and the gradients of x, w and b
};

template <typename Convolve>
Pass PassOf(const Convolve& convolve, std::vector<at::Tensor> inputs,
            const at::Tensor& dy) {
  for (at::Tensor& tensor : inputs) {
    tensor = tensor.detach().clone().requires_grad_();
  }
  const at::Tensor y = convolve(inputs[0], inputs[1], inputs[2]);
  y.backward(dy);
  Pass pass = {{y.detach()}};
  for (const at::Tensor& tensor : inputs) pass.tensors.push_back(tensor.grad());
  return pass;
}

at::Tensor Direct(const at::Tensor& x, const at::Tensor& w,
                  const at::Tensor& b) {
  return at::conv2d(x, w, b, 1, 1);
}

double Error(const at::Tensor& got, const at::Tensor& want) {
  return (got.to(at::kDouble) - want).norm().item<double>() /
         want.norm().item<double>();
}

// Against a direct convolution in fp64. The transforms multiply the error by a
// small constant; twenty roundoffs of fp32 is above that, and far below what a
// wrong sign or position does.
TEST(Winograd, IsAConvolutionWithItsGradients) {
  at::manual_seed(1);
  for (const std::vector<int64_t>& s :
       std::vector<std::vector<int64_t>>{{2, 3, 5, 4, 6},
                                         {1, 64, 64, 8, 8},
                                         {3, 17, 70, 2, 2},
                                         {5, 128, 96, 4, 16}}) {
    const std::vector<at::Tensor> inputs = {at::randn({s[0], s[1], s[3], s[4]}),
                                            at::randn({s[2], s[1], 3, 3}),
                                            at::randn({s[2]})};
    const at::Tensor dy = at::randn({s[0], s[2], s[3], s[4]});
    std::vector<at::Tensor> exact;
    for (const at::Tensor& t : inputs) exact.push_back(t.to(at::kDouble));
    const Pass want = PassOf(Direct, exact, dy.to(at::kDouble));
    const Pass direct = PassOf(Direct, inputs, dy);
    const Pass got = PassOf(WinogradConvolution, inputs, dy);
    for (size_t i = 0; i < 4; ++i) {
      ASSERT_EQ(got.tensors[i].sizes(), want.tensors[i].sizes());
      EXPECT_LT(Error(got.tensors[i], want.tensors[i]), 20 * 6e-8)
          << i << " of " << s[1] << " to " << s[2];
      RecordProperty("error",
                     std::to_string(Error(got.tensors[i], want.tensors[i]) /
                                    Error(direct.tensors[i], want.tensors[i])));
    }
  }
}

TEST(Winograd, TakesDoubles) {
  const at::TensorOptions doubles(at::kDouble);
  const std::vector<at::Tensor> inputs = {at::randn({2, 9, 6, 4}, doubles),
                                          at::randn({7, 9, 3, 3}, doubles),
                                          at::randn({7}, doubles)};
  const at::Tensor dy = at::randn({2, 7, 6, 4}, doubles);
  const Pass want = PassOf(Direct, inputs, dy);
  const Pass got = PassOf(WinogradConvolution, inputs, dy);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_LT(Error(got.tensors[i], want.tensors[i]), 1e-14) << i;
  }
}

TEST(Winograd, TakesAnyMemoryFormatAndNoBias) {
  const at::Tensor x = at::randn({2, 8, 4, 4}), w = at::randn({6, 8, 3, 3});
  const at::Tensor y = WinogradConvolution(x, w, at::Tensor());
  EXPECT_LT(
      Error(y, at::conv2d(x.to(at::kDouble), w.to(at::kDouble), {}, 1, 1)),
      1e-6);
  EXPECT_TRUE(WinogradConvolution(x.contiguous(at::MemoryFormat::ChannelsLast),
                                  w.contiguous(at::MemoryFormat::ChannelsLast),
                                  at::Tensor())
                  .equal(y));
}

// On as many threads: with others a library may add in another order.
TEST(Winograd, GivesTheSameBytesAgainOnManyThreads) {
  const std::vector<at::Tensor> inputs = {
      at::randn({6, 64, 8, 8}), at::randn({64, 64, 3, 3}), at::randn({64})};
  const at::Tensor dy = at::randn({6, 64, 8, 8});
  at::set_num_threads(1);
  const Pass one = PassOf(WinogradConvolution, inputs, dy);
  at::set_num_threads(3);
  const Pass three = PassOf(WinogradConvolution, inputs, dy);
  const Pass again = PassOf(WinogradConvolution, inputs, dy);
  for (size_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(three.tensors[i].equal(again.tensors[i])) << i;
    EXPECT_LT(Error(three.tensors[i], one.tensors[i].to(at::kDouble)),
              20 * 6e-8)
        << i;
  }
}

}  // namespace
}  // namespace nclab
