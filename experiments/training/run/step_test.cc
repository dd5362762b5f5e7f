#include "experiments/training/run/step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "experiments/training/run/setup.h"
#include "experiments/training/testing/tiny_run.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

// Beside v <- m v + g, w <- w - lr v, written out, on the same batches.
TEST(Step, IsSgdOnTheMeanCrossEntropyOfItsBatch) {
  const RunSpec spec = TinySpec();
  const RunOptions options = TinyOptions("");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto setup, MakeSetup(spec, options));
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto same, MakeSetup(spec, options));
  const std::vector<at::Tensor> got = setup.model->parameters(),
                                w = same.model->parameters();
  std::vector<at::Tensor> v;
  for (const at::Tensor& parameter : w) {
    v.push_back(at::zeros_like(parameter.detach()));
  }
  Step step(spec, options, setup);
  EXPECT_TRUE(step.Losses().empty());
  Batches batches(60, 32, spec.seed, same.device);
  for (int64_t t = 0; t < 5; ++t) {
    const at::Tensor index = batches.Indices(t);
    Taps taps;
    const at::Tensor loss = at::cross_entropy_loss(
        same.model->Forward(same.train.samples.index_select(0, index), taps),
        same.train.labels.index_select(0, index));
    loss.backward();
    const double lr =
        0.01 / 2 *
        (1 + std::cos(std::numbers::pi * static_cast<double>(t) / 60));
    for (size_t i = 0; i < w.size(); ++i) {
      at::Tensor parameter = w[i].detach();
      v[i].mul_(0.9).add_(w[i].grad());
      parameter.sub_(v[i], lr);
      w[i].mutable_grad() = at::Tensor();
    }
    step.Run();
    EXPECT_EQ(step.count(), t + 1);
    ASSERT_EQ(step.Losses().size(), t + 1);
    EXPECT_NEAR(step.Losses().back(), loss.item<float>(), 1e-6);
  }
  // Fp32 rounds at 6e-8 of numbers below 1; the first step alone moves more
  // than this by hundreds of times.
  for (size_t i = 0; i < w.size(); ++i) {
    EXPECT_LT((got[i] - w[i]).detach().abs().max().item<float>(), 1e-6) << i;
  }
}

TEST(Step, HasTheLossesOfTheCurrentWindow) {
  RunSpec spec = TinySpec();
  spec.steps = 2 * kLossWindow;
  const RunOptions options = TinyOptions("");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto setup, MakeSetup(spec, options));
  Step step(spec, options, setup);
  while (step.count() < kLossWindow) step.Run();
  const std::vector<float> full = step.Losses();
  EXPECT_EQ(full.size(), kLossWindow);
  step.Run();
  ASSERT_EQ(step.Losses().size(), 1);
  EXPECT_NE(step.Losses()[0], full[0]);
}

}  // namespace
}  // namespace nclab
