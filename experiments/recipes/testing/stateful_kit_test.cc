// The kit itself: an optimizer or stream that breaks a promise is told which.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full_like.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/zeros_like.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/stream.h"
#include "experiments/recipes/testing/broken.h"
#include "experiments/recipes/testing/recipe_kit.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

enum class Flaw {
  kNone,
  kKeepsGradients,
  kMovesEverything,
  kIgnoresTheRate,
  kHidesItsMomentum,
  kGivesCopiesOfItsState,
  kBakesTheRate,
  kDecays,
  kNormalizes,
};

// SGD with momentum, and at most one flaw. It declares that all rewrites hold.
class Flawed final : public Optimizer {
 public:
  Flawed(Flaw flaw, const OptimizerInput& input) : flaw_(flaw), input_(input) {
    for (const at::Tensor& w : input_.parameters) {
      momenta_.push_back(at::zeros_like(w.detach()));
    }
    rate_ = at::zeros_like(momenta_[0].flatten()[0]);
  }

  void SetRate(double lr) override {
    const bool fixed =
        flaw_ == Flaw::kIgnoresTheRate ||
        (flaw_ == Flaw::kBakesTheRate && input_.recorded && host_rate_ != 0);
    if (!fixed || host_rate_ == 0) host_rate_ = lr;
    rate_.fill_(host_rate_);
  }

  void Step() override {
    const at::NoGradGuard no_grad;
    for (size_t i = 0; i < momenta_.size(); ++i) {
      const at::Tensor& w = input_.parameters[i];
      if (!w.grad().defined()) {
        if (flaw_ == Flaw::kMovesEverything) w.sub_(rate_);
        continue;
      }
      at::Tensor g = w.grad().clone();
      if (flaw_ == Flaw::kDecays) g.add_(w);
      if (flaw_ == Flaw::kNormalizes) g = g / g.norm();
      momenta_[i].mul_(0.5).add_(g);
      w.sub_(momenta_[i] * rate_ * input_.step_scales[i]);
      if (flaw_ != Flaw::kKeepsGradients) w.mutable_grad() = at::Tensor();
    }
  }

  std::vector<OptimizerState> State() const override {
    if (flaw_ == Flaw::kHidesItsMomentum) return {};
    if (flaw_ != Flaw::kGivesCopiesOfItsState) return {{"momentum", momenta_}};
    OptimizerState copies = {"momentum", {}};
    for (const at::Tensor& momentum : momenta_) {
      copies.tensors.push_back(momentum.clone());
    }
    return {copies};
  }

 private:
  Flaw flaw_;
  OptimizerInput input_;
  std::vector<at::Tensor> momenta_;
  double host_rate_ = 0;
  at::Tensor rate_;
};

std::vector<std::string> BrokenBy(Flaw flaw, std::string* message = nullptr) {
  OptimizerInfo info;
  info.reductions = [](const Params&) { return HoldingReductions(); };
  return Broken(
      Optimizers(), OptimizerPromises(), std::move(info),
      [flaw](const Params&, const OptimizerInput& input) {
        return std::make_unique<Flawed>(flaw, input);
      },
      message);
}

TEST(OptimizerKit, FindsNothingInAGoodOne) {
  EXPECT_THAT(BrokenBy(Flaw::kNone), IsEmpty());
}

TEST(OptimizerKit, NamesThePromiseAboutGradients) {
  EXPECT_THAT(BrokenBy(Flaw::kKeepsGradients),
              Contains("MovesWhatHasAGradientAndDropsIt"));
  EXPECT_THAT(BrokenBy(Flaw::kMovesEverything),
              ElementsAre("LeavesWhatHasNoGradientAlone"));
}

TEST(OptimizerKit, NamesThePromiseAboutTheRate) {
  EXPECT_THAT(BrokenBy(Flaw::kIgnoresTheRate),
              Contains("StandsStillAtARateOfZero"));
}

TEST(OptimizerKit, NamesThePromiseAboutItsState) {
  std::string message;
  EXPECT_THAT(BrokenBy(Flaw::kHidesItsMomentum, &message),
              ElementsAre("GoesOnFromItsStateToTheSameBytes"));
  EXPECT_THAT(message, HasSubstr("something that it remembers"));
  EXPECT_THAT(BrokenBy(Flaw::kGivesCopiesOfItsState),
              ElementsAre("GoesOnFromItsStateToTheSameBytes"));
}

TEST(OptimizerKit, NamesThePromiseAboutRecordedSteps) {
  EXPECT_THAT(BrokenBy(Flaw::kBakesTheRate),
              ElementsAre("GivesTheSameBytesWhereStepsAreRecorded"));
}

TEST(OptimizerKit, NamesThePromiseAboutReductions) {
  EXPECT_THAT(BrokenBy(Flaw::kDecays),
              ElementsAre("HoldsThePositionsThatItDeclares",
                          "HoldsTheSumsThatItDeclares"));
  EXPECT_THAT(BrokenBy(Flaw::kNormalizes),
              ElementsAre("HoldsTheSumsThatItDeclares"));
}

enum class StreamFlaw {
  kNone,
  kShrinks,
  kOutOfRange,
  kTakesTurns,
  kDrawsFromTheDefaultGenerator,
  kChangesUnsaid,
  kShufflesLabels,
  kCopiesChannels,
  kEvaluatesTwice,
  kThrowsOnFeatures,
};

class FlawedStream final : public Stream {
 public:
  FlawedStream(StreamFlaw flaw, const StreamInput& input)
      : flaw_(flaw), input_(input) {
    TORCH_CHECK(
        flaw != StreamFlaw::kThrowsOnFeatures || input.shape.size() == 3,
        "no images");
  }

  std::vector<at::Tensor> Draw(int64_t step) override {
    if (flaw_ == StreamFlaw::kTakesTurns) step = turn_++;
    int64_t size = input_.batch_size;
    if (flaw_ == StreamFlaw::kShrinks && step == 4) --size;
    if (flaw_ == StreamFlaw::kDrawsFromTheDefaultGenerator) {
      return {
          at::randint(input_.samples, {size}, at::TensorOptions(at::kLong))};
    }
    at::Tensor index = at::arange(step * size, (step + 1) * size,
                                  at::TensorOptions(at::kLong));
    if (flaw_ == StreamFlaw::kOutOfRange) index += 1;
    return {index};
  }

  DeviceSplit Batch(const DeviceSplit& train,
                    const std::vector<at::Tensor>& drawn) const override {
    DeviceSplit batch = Stream::Batch(train, drawn);
    if (flaw_ == StreamFlaw::kChangesUnsaid && batch.samples.dim() == 4) {
      batch.samples = batch.samples.transpose(2, 3);
    }
    if (flaw_ == StreamFlaw::kShufflesLabels)
      batch.labels = batch.labels.flip(0);
    if (flaw_ == StreamFlaw::kCopiesChannels) {
      batch.samples = batch.samples.contiguous();
    }
    return batch;
  }

  int64_t steps_per_epoch() const override {
    return input_.samples / input_.batch_size;
  }

  at::Tensor Evaluated() const override {
    if (flaw_ != StreamFlaw::kEvaluatesTwice) return {};
    return at::full_like(at::arange(5, at::TensorOptions(at::kLong)), 3);
  }

 private:
  StreamFlaw flaw_;
  StreamInput input_;
  int64_t turn_ = 0;
};

std::vector<std::string> BrokenBy(StreamFlaw flaw,
                                  std::string* message = nullptr) {
  return Broken(
      Streams(), StreamPromises(), StreamInfo(),
      [flaw](const Params&, const StreamInput& input) {
        return std::make_unique<FlawedStream>(flaw, input);
      },
      message);
}

TEST(StreamKit, FindsNothingInAGoodOne) {
  EXPECT_THAT(BrokenBy(StreamFlaw::kNone), IsEmpty());
}

TEST(StreamKit, NamesThePromiseAboutWhatItDraws) {
  std::string message;
  EXPECT_THAT(BrokenBy(StreamFlaw::kShrinks, &message),
              Contains("DrawsIndicesInTheSameShapesEveryStep"));
  EXPECT_THAT(message, HasSubstr("step 4 is [7]"));
  EXPECT_THAT(BrokenBy(StreamFlaw::kOutOfRange),
              Contains("DrawsIndicesInTheSameShapesEveryStep"));
}

TEST(StreamKit, NamesThePromiseAboutTheStep) {
  EXPECT_THAT(BrokenBy(StreamFlaw::kTakesTurns),
              Contains("DrawsByTheSeedAndTheStepAlone"));
  EXPECT_THAT(BrokenBy(StreamFlaw::kDrawsFromTheDefaultGenerator),
              Contains("DrawsByTheSeedAndTheStepAlone"));
}

TEST(StreamKit, NamesThePromiseAboutItsBatch) {
  std::string message;
  EXPECT_THAT(BrokenBy(StreamFlaw::kChangesUnsaid, &message),
              ElementsAre("GivesABatchOfWhatItDrew"));
  EXPECT_THAT(message, HasSubstr("changes_samples"));
  EXPECT_THAT(BrokenBy(StreamFlaw::kShufflesLabels),
              ElementsAre("GivesABatchOfWhatItDrew"));
  EXPECT_THAT(BrokenBy(StreamFlaw::kCopiesChannels),
              ElementsAre("KeepsChannelsThatAreOneInMemory"));
}

TEST(StreamKit, NamesThePromiseAboutEvaluation) {
  EXPECT_THAT(BrokenBy(StreamFlaw::kEvaluatesTwice),
              ElementsAre("EvaluatesSamplesOfTheSplit"));
}

TEST(StreamKit, NamesThePromiseAboutFeatures) {
  EXPECT_THAT(BrokenBy(StreamFlaw::kThrowsOnFeatures),
              ElementsAre("TakesOrRefusesFeatures"));
}

}  // namespace
}  // namespace nclab
