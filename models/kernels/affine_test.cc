#include "models/kernels/affine.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/randn.h>

#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace nclab {
namespace {

using Function = at::Tensor (*)(const at::Tensor&, const at::Tensor&,
                                const at::Tensor&);

struct Pass {
  at::Tensor y;
  std::vector<at::Tensor> gradients;
};

at::Tensor AffineByOneDnn(const at::Tensor& x, const at::Tensor& w,
                          const at::Tensor& b) {
  return AffineBy(ProductsOf::kOneDnn, x, w, b);
}

at::Tensor AffineByLibTorch(const at::Tensor& x, const at::Tensor& w,
                            const at::Tensor& b) {
  return AffineBy(ProductsOf::kLibTorch, x, w, b);
}

at::Tensor Linear(const at::Tensor& x, const at::Tensor& w,
                  const at::Tensor& b) {
  return at::linear(x, w, b);
}

Pass PassOf(Function function, at::Tensor x, at::Tensor w, at::Tensor b) {
  for (at::Tensor* t : {&x, &w, &b}) *t = t->clone().requires_grad_();
  Pass pass;
  pass.y = function(x, w, b);
  pass.y.pow(2).sum().backward();
  pass.gradients = {x.grad(), w.grad(), b.grad()};
  return pass;
}

// Within rounding: sums of n terms, n the longest, err by at most n roundoffs
// of the sum of sizes; half of the digits is far beyond that and far below a
// mistake.
void ExpectClose(const at::Tensor& got, const at::Tensor& want) {
  ASSERT_EQ(got.sizes(), want.sizes());
  EXPECT_LE((got - want).abs().max().item<float>(),
            1e-4f * want.abs().max().item<float>());
}

void ExpectLinear(Function function) {
  at::manual_seed(1);
  for (const std::vector<int64_t>& size : std::vector<std::vector<int64_t>>{
           {1, 1, 1}, {5, 7, 3}, {128, 784, 100}, {33, 64, 10}}) {
    const at::Tensor x = at::randn({size[0], size[1]}),
                     w = at::randn({size[2], size[1]}),
                     b = at::randn({size[2]});
    const Pass got = PassOf(function, x, w, b), want = PassOf(Linear, x, w, b);
    ExpectClose(got.y, want.y);
    for (size_t i = 0; i < 3; ++i) {
      ExpectClose(got.gradients[i], want.gradients[i]);
    }
  }
}

TEST(Affine, IsALinearWithItsGradients) { ExpectLinear(Affine); }
TEST(AffineByOneDnn, IsALinearWithItsGradients) {
  ExpectLinear(AffineByOneDnn);
}

TEST(Affine, TakesOtherTypes) {
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor x = at::randn({4, 3}, doubles),
                   w = at::randn({2, 3}, doubles), b = at::randn({2}, doubles);
  EXPECT_TRUE(Affine(x, w, b).equal(at::linear(x, w, b)));
}

// A library without the private operator, or with another under its name.
TEST(ChooseProducts, TakesLibTorchsWhereThereIsNoAccessToOneDnn) {
  constexpr char kOperator[] = "mkldnn::_linear_pointwise";
  EXPECT_EQ(ChooseProducts(false, kOperator), ProductsOf::kOneDnn);
  EXPECT_EQ(ChooseProducts(true, kOperator), ProductsOf::kLibTorch);
  EXPECT_EQ(ChooseProducts(false, "mkldnn::_no_such_operator"),
            ProductsOf::kLibTorch);
  // It is there for the CPU and takes other arguments.
  EXPECT_EQ(ChooseProducts(false, "aten::addmm"), ProductsOf::kLibTorch);
}

TEST(Affine, IsAtLinearWhereProductsAreLibTorchs) {
  at::manual_seed(3);
  const at::Tensor x = at::randn({64, 100}), w = at::randn({30, 100}),
                   b = at::randn({30});
  const Pass got = PassOf(AffineByLibTorch, x, w, b);
  const Pass want = PassOf(Linear, x, w, b);
  EXPECT_TRUE(got.y.equal(want.y));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(got.gradients[i].equal(want.gradients[i])) << i;
  }
}

TEST(AffineByOneDnn, GivesTheSameBytesTwice) {
  const at::Tensor x = at::randn({128, 512}), w = at::randn({256, 512}),
                   b = at::randn({256});
  const Pass first = PassOf(AffineByOneDnn, x, w, b);
  const Pass second = PassOf(AffineByOneDnn, x, w, b);
  EXPECT_TRUE(first.y.equal(second.y));
  for (size_t i = 0; i < 3; ++i) {
    EXPECT_TRUE(first.gradients[i].equal(second.gradients[i]));
  }
}

TEST(AffineByOneDnn, DoesWithoutABias) {
  const at::Tensor x = at::randn({4, 3}).requires_grad_(),
                   w = at::randn({2, 3}).requires_grad_();
  const at::Tensor y = AffineByOneDnn(x, w, {});
  ExpectClose(y.detach(), x.detach().mm(w.detach().t()));
  y.sum().backward();
  ExpectClose(w.grad(), x.detach().sum(0).expand({2, 3}));
}

TEST(AffineByOneDnn, GivesNoGradientWhereNoneIsWanted) {
  const at::Tensor x = at::randn({4, 3}), b = at::randn({2});
  const at::Tensor w = at::randn({2, 3}).requires_grad_();
  AffineByOneDnn(x, w, b).sum().backward();
  EXPECT_TRUE(w.grad().defined());
  EXPECT_FALSE(x.grad().defined());
  EXPECT_FALSE(b.grad().defined());
}

}  // namespace
}  // namespace nclab
