#include "experiments/training/run/step.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/zeros_like.h>

#include <cmath>
#include <memory>
#include <numbers>
#include <utility>
#include <vector>

#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/recording/pretended_recorder.h"
#include "experiments/recipes/stream.h"
#include "experiments/spec/canonical_of.h"
#include "experiments/training/run/setup.h"
#include "experiments/training/testing/tiny_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
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

Setup SetupOf(const RunSpec& spec) {
  absl::StatusOr<Setup> setup = MakeSetup(spec, TinyOptions(""));
  EXPECT_THAT(setup, IsOk());
  return *std::move(setup);
}

// A step that is recorded: three as they are, then replays.
struct Recording {
  RunOptions options = TinyOptions("");
  int replays = 0;

  // Up to the first replay.
  std::unique_ptr<Step> Begin(const RunSpec& spec, const Setup& setup) {
    options.make_recorder = [this](c10::Device) {
      return std::make_unique<PretendedRecorder>(&replays);
    };
    auto step = Step::Make(spec, options, setup);
    EXPECT_THAT(step, IsOk());
    while (replays == 0) EXPECT_THAT((*step)->Run(), IsOk());
    EXPECT_EQ((*step)->count(), RepeatedWork::kWarmUp + 1);
    return *std::move(step);
  }
};

TEST(RecordedStep, HasNothingBakedIn) {
  const RunSpec spec = TinySpec();
  const auto setup = SetupOf(spec);
  Recording recording;
  const auto step = recording.Begin(spec, setup);
  for (int t = 0; t < 5; ++t) EXPECT_THAT(step->Run(), IsOk());
  EXPECT_EQ(recording.replays, 6);
}

// Looks at the indices that it drew last, not at those that lie in the step.
class LastDrawn final : public Stream {
 public:
  explicit LastDrawn(std::unique_ptr<Stream> stream)
      : stream_(std::move(stream)) {}
  std::vector<at::Tensor> Draw(int64_t step) override {
    return last_ = stream_->Draw(step);
  }
  DeviceSplit Batch(const DeviceSplit& train,
                    const std::vector<at::Tensor>&) const override {
    return stream_->Batch(train, last_);
  }
  int64_t steps_per_epoch() const override {
    return stream_->steps_per_epoch();
  }

 private:
  std::unique_ptr<Stream> stream_;
  std::vector<at::Tensor> last_;
};

TEST(RecordedStep, IsNoticedToBakeItsIndicesIn) {
  const RunSpec spec = TinySpec();
  auto setup = SetupOf(spec);
  setup.pieces.stream =
      std::make_unique<LastDrawn>(std::move(setup.pieces.stream));
  Recording recording;
  const auto step = recording.Begin(spec, setup);
  EXPECT_NONFATAL_FAILURE((void)step->Run(), "index_select");
}

// Takes its rate from the host in spite of input.recorded.
class HostRate final : public Optimizer {
 public:
  explicit HostRate(std::vector<at::Tensor> parameters)
      : parameters_(std::move(parameters)) {}
  void SetRate(double lr) override { rate_ = lr; }
  void Step() override {
    for (const at::Tensor& parameter : parameters_) {
      parameter.detach().sub_(parameter.grad() * rate_);
      parameter.mutable_grad() = at::Tensor();
    }
  }
  std::vector<OptimizerState> State() const override { return {}; }

 private:
  std::vector<at::Tensor> parameters_;
  double rate_ = 0;
};

NCLAB_REGISTER_OPTIMIZER({.name = "host_rate",
                          .summary = "for this test",
                          .reference = "own"},
                         [](const Params&, const OptimizerInput& input)
                             -> absl::StatusOr<std::unique_ptr<Optimizer>> {
                           return std::make_unique<HostRate>(input.parameters);
                         });

TEST(RecordedStep, IsNoticedToBakeItsRateIn) {
  RunSpec spec = TinySpec();
  spec.optimizer = "host_rate";
  spec = CanonicalOf(spec);
  const auto setup = SetupOf(spec);
  Recording recording;
  const auto step = recording.Begin(spec, setup);
  EXPECT_NONFATAL_FAILURE((void)step->Run(), "mul");
}

TEST(RecordedStep, IsNoticedToBakeALossIn) {
  const RunSpec spec = TinySpec();
  auto setup = SetupOf(spec);
  double weight = 1;
  setup.pieces.objective = [&, objective = setup.pieces.objective](
                               const at::Tensor& logits,
                               const at::Tensor& labels) {
    return objective(logits, labels) * weight;
  };
  Recording recording;
  const auto step = recording.Begin(spec, setup);
  weight = 0.5;
  EXPECT_NONFATAL_FAILURE((void)step->Run(), "mul");
}

TEST(RecordedStep, IsNoticedToBakeItsParametersIn) {
  const RunSpec spec = TinySpec();
  const auto setup = SetupOf(spec);
  Recording recording;
  const auto step = recording.Begin(spec, setup);
  const at::Tensor parameter = setup.model->parameters()[0];
  const at::Tensor before = parameter.detach();  // so that it stays
  parameter.set_data(before.clone());
  EXPECT_NONFATAL_FAILURE((void)step->Run(), "operator");
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
