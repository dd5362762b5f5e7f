// SGD beside its formula, and what it does in the backward pass.
#include <ATen/Context.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/zeros_like.h>

#include <memory>
#include <string>
#include <vector>

#include "experiments/recipes/optimizer.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

at::Tensor Random(std::vector<int64_t> shape) {
  return at::randn(shape, at::TensorOptions(at::kDouble));
}

std::unique_ptr<Optimizer> Make(const std::string& choice,
                                const OptimizerInput& input) {
  auto made = MakeOptimizer(*Optimizers().Bind(choice), input);
  EXPECT_THAT(made, IsOk());
  return std::move(*made);
}

void Step(Optimizer& optimizer, double lr) {
  optimizer.SetRate(lr);
  optimizer.Step();
}

at::Tensor Momentum(const Optimizer& optimizer, size_t i) {
  return optimizer.State().at(0).tensors[i];
}

void ExpectNear(const at::Tensor& got, const at::Tensor& want) {
  EXPECT_LT((got - want).abs().max().item<double>(), 1e-14);
}

// Ten steps beside v <- m v + g + d w; w <- w - lr v, written out.
void CompareWithTheFormula(const std::string& choice, double momentum,
                           double weight_decay) {
  at::manual_seed(3);
  std::vector<at::Tensor> parameters = {Random({4, 3}), Random({5})};
  std::vector<at::Tensor> w, v;
  for (at::Tensor& parameter : parameters) {
    w.push_back(parameter.clone());
    v.push_back(at::zeros_like(parameter));
    parameter.requires_grad_();
  }
  const auto sgd = Make(choice, {.parameters = parameters});
  for (int step = 0; step < 10; ++step) {
    const double lr = 0.1 / (step + 1);
    for (size_t i = 0; i < parameters.size(); ++i) {
      const at::Tensor g = Random(parameters[i].sizes().vec());
      parameters[i].mutable_grad() = g.clone();
      v[i] = momentum * v[i] + g + weight_decay * w[i];
      w[i] = w[i] - lr * v[i];
    }
    Step(*sgd, lr);
    for (size_t i = 0; i < parameters.size(); ++i) {
      ExpectNear(parameters[i].detach(), w[i]);
      if (momentum != 0) ExpectNear(Momentum(*sgd, i), v[i]);
    }
  }
}

TEST(Sgd, FollowsTheFormulaWithMomentum) {
  CompareWithTheFormula("sgd", 0.9, 0);
}
TEST(Sgd, FollowsTheFormulaWithWeightDecay) {
  CompareWithTheFormula("sgd(weight_decay=0.05)", 0.9, 0.05);
}
TEST(Sgd, FollowsTheFormulaWithoutMomentum) {
  CompareWithTheFormula("sgd(momentum=0,weight_decay=0.05)", 0, 0.05);
}

TEST(Sgd, StepsFurtherByAParametersScale) {
  const at::Tensor start = Random({4});
  at::Tensor once = start.clone().requires_grad_();
  at::Tensor scaled = start.clone().requires_grad_();
  const auto sgd =
      Make("sgd", {.parameters = {once, scaled}, .step_scales = {1, 49}});
  for (int step = 0; step < 3; ++step) {
    const at::Tensor g = Random({4});
    once.mutable_grad() = g.clone();
    scaled.mutable_grad() = g.clone();
    Step(*sgd, 0.1);
  }
  ExpectNear((scaled - start).detach() / 49, (once - start).detach());
  EXPECT_TRUE(Momentum(*sgd, 0).equal(Momentum(*sgd, 1)));
}

// Large parameters are updated by the backward pass, small ones by Step(), and
// all of them by Step() where steps are recorded.
TEST(Sgd, GivesTheSameBytesWhereTheBackwardPassUpdates) {
  for (const std::string choice :
       {"sgd(weight_decay=0.01)", "sgd(weight_decay=0.01,decoupled=true)"}) {
    std::vector<at::Tensor> after = {Random({300, 300}), Random({4, 300})}, in;
    for (at::Tensor& parameter : after) {
      in.push_back(parameter.clone().requires_grad_());
      parameter.requires_grad_();
    }
    const auto one = Make(choice, {.parameters = after, .recorded = true});
    const auto other = Make(choice, {.parameters = in});
    for (const double lr : {1. / 1024, 1. / 8192, 1. / 65536}) {
      const at::Tensor x = Random({5, 300});
      const auto backward = [&](const std::vector<at::Tensor>& w) {
        x.matmul(w[0]).tanh().matmul(w[1].t()).pow(2).sum().backward();
      };
      one->SetRate(lr);
      other->SetRate(lr);
      backward(after);
      backward(in);
      EXPECT_TRUE(after[0].grad().defined());
      EXPECT_FALSE(in[0].grad().defined()) << "updated already";
      EXPECT_TRUE(in[1].grad().defined());
      one->Step();
      other->Step();
      for (size_t i = 0; i < in.size(); ++i) {
        EXPECT_TRUE(in[i].equal(after[i])) << i;
        EXPECT_TRUE(Momentum(*other, i).equal(Momentum(*one, i)));
      }
    }
  }
}

}  // namespace
}  // namespace nclab
