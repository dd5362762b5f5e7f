#include "experiments/recipes/sgd.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include "gtest/gtest.h"

namespace nclab {
namespace {

at::Tensor Random(std::vector<int64_t> shape) {
  return at::randn(shape, at::TensorOptions(at::kDouble));
}

void ExpectNear(const at::Tensor& got, const at::Tensor& want) {
  EXPECT_LT((got - want).abs().max().item<double>(), 1e-14);
}

// Ten steps beside v <- m v + g + d w; w <- w - lr v, written out.
void CompareWithTheFormula(double momentum, double weight_decay) {
  at::manual_seed(3);
  std::vector<at::Tensor> parameters = {Random({4, 3}), Random({5})};
  std::vector<at::Tensor> w, v;
  for (at::Tensor& parameter : parameters) {
    w.push_back(parameter.clone());
    v.push_back(at::zeros_like(parameter));
    parameter.requires_grad_();
  }
  Sgd sgd(parameters, momentum, weight_decay);
  for (int step = 0; step < 10; ++step) {
    const double lr = 0.1 / (step + 1);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor g = Random(parameters[i].sizes().vec());
      parameters[i].mutable_grad() = g.clone();
      v[i] = momentum * v[i] + g + weight_decay * w[i];
      w[i] = w[i] - lr * v[i];
    }
    sgd.Step(lr);
    for (size_t i = 0; i < parameters.size(); ++i) {
      ExpectNear(parameters[i].detach(), w[i]);
      if (momentum != 0) ExpectNear(sgd.momentum_buffers()[i], v[i]);
      EXPECT_FALSE(parameters[i].grad().defined()) << "gradients are dropped";
    }
  }
}

TEST(Sgd, FollowsTheFormulaWithMomentum) { CompareWithTheFormula(0.9, 0); }
TEST(Sgd, FollowsTheFormulaWithWeightDecay) {
  CompareWithTheFormula(0.9, 0.05);
}
TEST(Sgd, FollowsTheFormulaWithoutMomentum) { CompareWithTheFormula(0, 0.05); }

TEST(Sgd, LeavesParametersWithoutGradientAlone) {
  at::Tensor used = Random({3}).requires_grad_();
  at::Tensor unused = Random({3}).requires_grad_();
  const at::Tensor before = unused.detach().clone();
  Sgd sgd({unused, used}, 0.9, 0.1);
  used.mutable_grad() = Random({3});
  sgd.Step(0.1);
  EXPECT_TRUE(unused.detach().equal(before));
  EXPECT_TRUE(sgd.momentum_buffers()[0].eq(0).all().item<bool>());
  EXPECT_FALSE(sgd.momentum_buffers()[1].eq(0).any().item<bool>());
}

TEST(Sgd, StepsFurtherByAParametersScale) {
  const at::Tensor start = Random({4});
  at::Tensor once = start.clone().requires_grad_();
  at::Tensor scaled = start.clone().requires_grad_();
  Sgd sgd({once, scaled}, 0.9, 0, {1, 49});
  for (int step = 0; step < 3; ++step) {
    const at::Tensor g = Random({4});
    once.mutable_grad() = g.clone();
    scaled.mutable_grad() = g.clone();
    sgd.Step(0.1);
  }
  ExpectNear((scaled - start).detach() / 49, (once - start).detach());
  EXPECT_TRUE(sgd.momentum_buffers()[0].equal(sgd.momentum_buffers()[1]));
}

TEST(Sgd, TakesTheRateOfTheDayFromTheDevice) {
  std::vector<at::Tensor> host = {Random({4}), Random({3})}, device;
  for (at::Tensor& parameter : host) {
    device.push_back(parameter.clone().requires_grad_());
    parameter.requires_grad_();
  }
  Sgd by_host(host, 0.9, 0, {1, 9});
  Sgd by_device(device, 0.9, 0, {1, 9}, /*rate_on_device=*/true);
  for (const double lr : {0.5, 0.25, 0.125}) {  // whole in fp32
    for (size_t i = 0; i < host.size(); ++i) {
      const at::Tensor g = Random(host[i].sizes().vec());
      host[i].mutable_grad() = g.clone();
      device[i].mutable_grad() = g.clone();
    }
    by_host.Step(lr);
    by_device.SetRate(lr);
    by_device.Step();
    for (size_t i = 0; i < host.size(); ++i) {
      EXPECT_TRUE(device[i].equal(host[i]));
    }
  }
}

TEST(Sgd, GivesTheSameBytesWhereTheBackwardPassUpdates) {
  std::vector<at::Tensor> after = {Random({300, 300}), Random({4, 300})}, in;
  for (at::Tensor& parameter : after) {
    in.push_back(parameter.clone().requires_grad_());
    parameter.requires_grad_();
  }
  ASSERT_TRUE(IsUpdatedInBackward(after[0]));
  ASSERT_FALSE(IsUpdatedInBackward(after[1]));
  Sgd one(after, 0.9, 0.01), other(in, 0.9, 0.01);
  other.UpdateInBackward();
  for (const double lr : {1e-3, 1e-4, 1e-5}) {
    const at::Tensor x = Random({5, 300});
    const auto backward = [&](const std::vector<at::Tensor>& w) {
      x.matmul(w[0]).tanh().matmul(w[1].t()).pow(2).sum().backward();
    };
    one.SetRate(lr);
    other.SetRate(lr);
    backward(after);
    backward(in);
    EXPECT_TRUE(after[0].grad().defined());
    EXPECT_FALSE(in[0].grad().defined()) << "updated already";
    one.Step();
    other.Step();
    for (size_t i = 0; i < in.size(); ++i) {
      EXPECT_TRUE(in[i].equal(after[i])) << i;
      EXPECT_TRUE(other.momentum_buffers()[i].equal(one.momentum_buffers()[i]));
    }
  }
}

TEST(Sgd, StartsWithZeroMomentum) {
  const Sgd sgd({Random({3})}, 0.9, 0);
  EXPECT_TRUE(sgd.momentum_buffers()[0].eq(0).all().item<bool>());
}

}  // namespace
}  // namespace nclab
