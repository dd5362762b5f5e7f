#include "experiments/training/run/step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <numbers>
#include <vector>

#include "experiments/training/run/setup.h"
#include "experiments/training/testing/tiny_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::HasSubstr;

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
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto step, Step::Make(spec, options, setup));
  EXPECT_TRUE(step->Losses().empty());
  for (int64_t t = 0; t < 5; ++t) {
    const at::Tensor index = same.pieces.stream->Draw(t)[0];
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
    ASSERT_THAT(step->Run(), IsOk());
    EXPECT_EQ(step->count(), t + 1);
    ASSERT_EQ(step->Losses().size(), t + 1);
    EXPECT_NEAR(step->Losses().back(), loss.item<float>(), 1e-6);
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
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto step, Step::Make(spec, options, setup));
  while (step->count() < kLossWindow) ASSERT_THAT(step->Run(), IsOk());
  const std::vector<float> full = step->Losses();
  EXPECT_EQ(full.size(), kLossWindow);
  ASSERT_THAT(step->Run(), IsOk());
  ASSERT_EQ(step->Losses().size(), 1);
  EXPECT_NE(step->Losses()[0], full[0]);
}

// Beside a model whose body is computed anew in every step.
TEST(Step, OfAProbeComputesTheFrozenFeaturesOnce) {
  RunSpec spec = TinySpec();
  spec.train_part = "head";
  const RunOptions options = TinyOptions("");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto setup, MakeSetup(spec, options));
  NCLAB_ASSERT_OK_AND_ASSIGN(auto whole, MakeSetup(spec, options));
  whole.pieces.changes_samples = true;
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto step, Step::Make(spec, options, setup));
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto other,
                             Step::Make(spec, options, whole));
  for (int t = 0; t < 20; ++t) {
    ASSERT_THAT(step->Run(), IsOk());
    ASSERT_THAT(other->Run(), IsOk());
  }
  EXPECT_TRUE(step->frozen());
  EXPECT_FALSE(other->frozen());
  const auto got = setup.model->parameters(), want = whole.model->parameters();
  for (size_t i = 0; i < got.size(); ++i) EXPECT_TRUE(got[i].equal(want[i]));
}

TEST(Step, NamesTheScheduleThatBreaksItsPromise) {
  const RunSpec spec = TinySpec();
  const RunOptions options = TinyOptions("");
  NCLAB_ASSERT_OK_AND_ASSIGN(auto setup, MakeSetup(spec, options));
  for (const double factor : {std::nan(""), -0.5}) {
    setup.pieces.schedule = [=](int64_t step) { return step < 3 ? 1 : factor; };
    NCLAB_ASSERT_OK_AND_ASSIGN(const auto step,
                               Step::Make(spec, options, setup));
    for (int t = 0; t < 3; ++t) ASSERT_THAT(step->Run(), IsOk());
    EXPECT_THAT(step->Run(),
                StatusIs(absl::StatusCode::kInternal,
                         AllOf(HasSubstr("cosine"), HasSubstr("at step 3"),
                               HasSubstr("finite and not negative"))));
  }
}

}  // namespace
}  // namespace nclab
