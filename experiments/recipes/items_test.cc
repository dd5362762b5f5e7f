// The objectives, schedules and streams beside their formulas, and what they
// refuse. Optimizers beside theirs: sgd_test, external/trajectories_test.
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/full.h>
#include <ATen/ops/one_hot.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/sort.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <memory>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

#include "experiments/recipes/length.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::HasSubstr;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

// --- objectives

constexpr int64_t kBatch = 7, kClasses = 5;

double Loss(const std::string& objective, const at::Tensor& logits,
            const at::Tensor& labels) {
  const auto made = MakeObjective(*Objectives().Bind(objective), {kClasses});
  EXPECT_THAT(made, IsOk());
  return (*made)(logits, labels).item<double>();
}

TEST(Objectives, AreTheirFormulas) {
  at::manual_seed(1);
  const at::Tensor z =
      at::randn({kBatch, kClasses}, at::TensorOptions(at::kDouble));
  const at::Tensor y =
      at::randint(kClasses, {kBatch}, at::TensorOptions(at::kLong));
  const at::Tensor one_hot = at::one_hot(y, kClasses).to(at::kDouble);
  const at::Tensor logs = z - z.exp().sum(1, true).log();
  const auto mean = [](const at::Tensor& a) {
    return (a.sum() / kBatch).item<double>();
  };
  EXPECT_NEAR(Loss("cross_entropy", z, y), mean(-logs * one_hot), 1e-14);
  EXPECT_NEAR(Loss("label_smoothing", z, y),
              mean(-logs * (0.9 * one_hot + 0.1 / kClasses)), 1e-14);
  EXPECT_NEAR(Loss("label_smoothing(epsilon=0)", z, y),
              Loss("cross_entropy", z, y), 1e-14);
  EXPECT_NEAR(Loss("mse", z, y), mean((z - one_hot).square() / 2), 1e-14);
  EXPECT_NEAR(Loss("mse(scale=classes)", z, y),
              mean((z - one_hot).square()) / kClasses, 1e-14);
  // Hui and Belkin: 1/K (k (z_y - M)^2 + the squares of the others).
  EXPECT_NEAR(
      Loss("mse(scale=classes,target=30,right_weight=15)", z, y),
      mean(15 * (z - 30).square() * one_hot + z.square() * (1 - one_hot)) /
          kClasses,
      1e-11);
}

TEST(Objectives, RefuseMseOfOneClass) {
  EXPECT_THAT(MakeObjective(*Objectives().Bind("mse"), {1}),
              StatusIs(kInvalid, HasSubstr("objective 'mse': There is one")));
}

TEST(Objectives, NameThePromiseThatOneBreaks) {
  RegisterObjective(
      {.name = "no_scalar", .summary = "a loss per sample", .reference = "own"},
      [](const Params&, const ObjectiveInput&) -> Objective {
        return [](const at::Tensor& logits, const at::Tensor&) {
          return logits.sum(1);
        };
      },
      __FILE__, __LINE__);
  EXPECT_THAT(MakeObjective(*Objectives().Bind("no_scalar"), {3}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("objective 'no_scalar': On a batch of zeros "
                                 "its loss is no scalar but [2]")));
}

// --- schedules

Schedule Make(const std::string& schedule, int64_t steps) {
  const auto made = MakeSchedule(*Schedules().Bind(schedule), {steps});
  EXPECT_THAT(made, IsOk());
  return *made;
}

TEST(Schedules, FallAsACosine) {
  const Schedule cosine = Make("cosine", 300);
  EXPECT_EQ(cosine(0), 1);
  EXPECT_NEAR(cosine(100), 0.75, 1e-15);  // cos 60 = 1/2
  EXPECT_NEAR(cosine(150), 0.5, 1e-15);
  EXPECT_NEAR(cosine(200), 0.25, 1e-15);
  EXPECT_NEAR(cosine(300), 0, 1e-15);
  for (int64_t step = 0; step < 300; ++step) {
    EXPECT_GT(cosine(step), cosine(step + 1));
  }
}

TEST(Schedules, StayWhereTheyAreConstant) {
  EXPECT_EQ(Make("constant", 300)(299), 1);
}

TEST(Schedules, FallInSteps) {
  const Schedule thirds = Make("steps", 300);
  EXPECT_EQ(thirds(99), 1);
  EXPECT_EQ(thirds(100), 0.1);
  EXPECT_EQ(thirds(199), 0.1);
  EXPECT_DOUBLE_EQ(thirds(200), 0.01);
  const Schedule own = Make("steps(at=7+0.1+1/2,factor=0.5)", 100);
  EXPECT_EQ(own(6), 1);
  EXPECT_EQ(own(7), 0.5);
  EXPECT_EQ(own(10), 0.25);
  EXPECT_EQ(own(50), 0.125);
}

TEST(Schedules, RiseBeforeTheyFall) {
  const Schedule schedule = Make("warmup_cosine(warmup=4)", 12);
  EXPECT_EQ(schedule(0), 0.25);
  EXPECT_EQ(schedule(3), 1);
  EXPECT_EQ(schedule(4), 1);
  EXPECT_NEAR(schedule(8), 0.5, 1e-15);
  const Schedule cosine = Make("cosine", 50);
  const Schedule none = Make("warmup_cosine(warmup=0)", 50);
  for (int64_t step = 0; step < 50; ++step) {
    EXPECT_EQ(none(step), cosine(step));
  }
}

TEST(Schedules, RefuseWhatLiesBeyondTheRun) {
  const auto refusal = [](const std::string& schedule) {
    return MakeSchedule(*Schedules().Bind(schedule), {100}).status();
  };
  EXPECT_THAT(refusal("steps(at=50+100)"),
              StatusIs(kInvalid, HasSubstr("schedule 'steps': '100' is not "
                                           "before the end of the run, which "
                                           "has 100 steps")));
  EXPECT_THAT(refusal("steps(at=50+20)"),
              StatusIs(kInvalid, HasSubstr("goes back at '20'")));
  EXPECT_THAT(refusal("steps(at=half)"),
              StatusIs(kInvalid, HasSubstr("'half' is no part of a run")));
  EXPECT_THAT(refusal("warmup_cosine(warmup=100)"),
              StatusIs(kInvalid, HasSubstr("'100' is not before the end")));
}

TEST(ParseLength, TakesSharesExactly) {
  const auto length = [](const std::string& text, int64_t steps) {
    const auto parsed = ParseLength(text, steps);
    EXPECT_THAT(parsed, IsOk()) << text;
    return parsed.value_or(-1);
  };
  EXPECT_EQ(length("0.1", 30), 3);
  EXPECT_EQ(length("1/3", 300), 100);
  EXPECT_EQ(length("1/3", 301), 101);
  EXPECT_EQ(length(".5", 4), 2);
  EXPECT_EQ(length("0.999999999", 2000000000), 1999999998);
  EXPECT_EQ(length("29", 30), 29);
  for (const char* text : {"", "-1", "1.0", "0.0", "3/3", "1/0", "1/3/4", "1e3",
                           "0.5x", "30", "99999999999"}) {
    EXPECT_THAT(ParseLength(text, 30).status(), StatusIs(kInvalid, testing::_))
        << text;
  }
}

// --- optimizers

TEST(Optimizers, RefuseWhatHasNoMeaning) {
  const at::Tensor w = at::zeros({3}).requires_grad_();
  EXPECT_THAT(
      MakeOptimizer(*Optimizers().Bind("sgd(momentum=0,nesterov=true)"),
                    {.parameters = {w}}),
      StatusIs(kInvalid, HasSubstr("optimizer 'sgd': Nesterov's step")));
  // A sum of copies, forced.
  EXPECT_THAT(MakeOptimizer(*Optimizers().Bind("adamw"),
                            {.parameters = {w}, .step_scales = {49}}),
              StatusIs(kInvalid, HasSubstr("sums of copies")));
  EXPECT_THAT(Optimizers().Bind("adam(eps=0)"),
              StatusIs(kInvalid, HasSubstr("eps")));
}

TEST(Optimizers, NameThePromiseThatAStateBreaks) {
  class OneState final : public Optimizer {
    void SetRate(double) override {}
    void Step() override {}
    std::vector<OptimizerState> State() const override {
      return {{"count", {at::zeros({})}}};
    }
  };
  RegisterOptimizer(
      {.name = "one_state", .summary = "one for all", .reference = "own"},
      [](const Params&, const OptimizerInput&) {
        return std::make_unique<OneState>();
      },
      __FILE__, __LINE__);
  const BoundChoice choice = *Optimizers().Bind("one_state");
  EXPECT_THAT(
      MakeOptimizer(choice, {.parameters = {at::zeros({3}), at::zeros({2})}}),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               HasSubstr("Its state 'count' holds 1 tensors of 2 parameters")));
  const HoldingReductions holding = ReductionsUnder(choice);
  EXPECT_FALSE(holding.kinds.positions || holding.kinds.sums);
  EXPECT_THAT(holding.left_out, HasSubstr("'one_state' does not say"));
}

// --- streams

StreamInput Input(int64_t steps, std::vector<int64_t> shape = {2, 4, 5}) {
  return {.samples = 20,
          .shape = shape,
          .batch_size = 6,
          .steps = steps,
          .seed = 5,
          .black = at::full({2, 1, 1}, -1.5)};
}

std::unique_ptr<Stream> Make(const std::string& stream,
                             const StreamInput& input) {
  auto made = MakeStream(*Streams().Bind(stream), input);
  EXPECT_THAT(made, IsOk());
  return std::move(*made);
}

TEST(Fresh, ShowsASampleAtMostOnceAndEvaluatesThose) {
  const auto fresh = Make("fresh", Input(2));
  const auto epochs = Make("epochs", Input(2));
  std::set<int64_t> seen;
  for (int64_t step = 0; step < 2; ++step) {
    const at::Tensor index = fresh->Draw(step)[0].contiguous();
    EXPECT_TRUE(index.equal(epochs->Draw(step)[0]));
    for (int64_t i = 0; i < 6; ++i) {
      EXPECT_TRUE(seen.insert(index[i].item<int64_t>()).second);
    }
  }
  const at::Tensor evaluated = fresh->Evaluated();
  ASSERT_EQ(evaluated.numel(), 12);
  int64_t i = 0;
  for (const int64_t sample : seen) {
    EXPECT_EQ(evaluated[i++].item<int64_t>(), sample);
  }
}

TEST(Fresh, SaysBeforehandWhenSamplesRunOut) {
  EXPECT_THAT(Make("fresh", Input(3)), testing::NotNull());
  EXPECT_THAT(
      MakeStream(*Streams().Bind("fresh"), Input(4)),
      StatusIs(kInvalid, HasSubstr("stream 'fresh': The run has 4 steps, and "
                                   "20 training samples are enough for 3 of 6 "
                                   "new ones each. Give steps=3 or fewer")));
  EXPECT_THAT(
      MakeStream(*Streams().Bind("augmented(crop=1,of=fresh)"), Input(4)),
      StatusIs(kInvalid, HasSubstr("enough for 3")));
}

// Pixel by pixel, from what was drawn.
TEST(Augmented, MovesMirrorsAndPadsWithBlack) {
  const auto stream = Make("augmented(crop=3)", Input(9));
  at::manual_seed(1);
  const DeviceSplit train = {
      at::randn({20, 2, 4, 5}),
      at::arange(20, at::TensorOptions(at::kLong)).remainder(3)};
  std::set<int64_t> moves, mirrored;
  for (int64_t step = 0; step < 9; ++step) {
    const std::vector<at::Tensor> drawn = stream->Draw(step);
    const DeviceSplit batch = stream->Batch(train, drawn);
    at::Tensor want = at::empty({6, 2, 4, 5});
    for (int64_t b = 0; b < 6; ++b) {
      const int64_t sample = drawn[0][b].item<int64_t>();
      const int64_t down = drawn[1][0][b].item<int64_t>() - 3;
      const int64_t right = drawn[1][1][b].item<int64_t>() - 3;
      const bool flip = drawn[1][2][b].item<int64_t>() != 0;
      moves.insert({down, right});
      mirrored.insert(flip);
      for (int64_t y = 0; y < 4; ++y) {
        for (int64_t x = 0; x < 5; ++x) {
          const int64_t from_y = y + down, from_x = (flip ? 4 - x : x) + right;
          const bool inside =
              from_y >= 0 && from_y < 4 && from_x >= 0 && from_x < 5;
          for (int64_t c = 0; c < 2; ++c) {
            want[b][c][y][x] =
                inside ? train.samples[sample][c][from_y][from_x].item<float>()
                       : -1.5f;
          }
        }
      }
    }
    EXPECT_TRUE(batch.samples.equal(want)) << step;
    EXPECT_TRUE(batch.labels.equal(train.labels.index_select(0, drawn[0])));
  }
  EXPECT_THAT(moves, testing::ElementsAre(-3, -2, -1, 0, 1, 2, 3));
  EXPECT_EQ(mirrored.size(), 2);
  EXPECT_FALSE(stream->Evaluated().defined()) << "evaluated without, and all";
}

TEST(Augmented, RefusesWhatHasNoMeaning) {
  const auto refusal = [](const std::string& stream, const StreamInput& input) {
    return MakeStream(*Streams().Bind(stream), input).status();
  };
  EXPECT_THAT(refusal("augmented", Input(9, {7})),
              StatusIs(kInvalid, HasSubstr("a sample here is [7]")));
  EXPECT_THAT(refusal("augmented(flip=false,crop=0)", Input(9)),
              StatusIs(kInvalid, HasSubstr("changes nothing")));
  EXPECT_THAT(refusal("augmented", Input(9)),
              StatusIs(kInvalid, HasSubstr("Give crop=3 or less")));
  StreamInput per_pixel = Input(9);
  per_pixel.black = at::zeros({2, 4, 5});
  EXPECT_THAT(refusal("augmented(crop=1)", per_pixel),
              StatusIs(kInvalid, HasSubstr("another normalize")));
  EXPECT_THAT(Streams().Bind("augmented(of=nothing)"),
              StatusIs(kInvalid, HasSubstr("nothing")));
}

// --- all

TEST(Recipes, NameTheItemWhoseFactoryThrows) {
  const auto thrown = [](const std::string& noun) {
    return StatusIs(absl::StatusCode::kInternal, noun + " 'thrower': no luck");
  };
  const auto throws = [](const Params&, const auto&) {
    throw std::runtime_error("no luck");
    return nullptr;
  };
  RegisterObjective({.name = "thrower"}, throws, "mine.cc", 1);
  RegisterSchedule({.name = "thrower"}, throws, "mine.cc", 2);
  RegisterOptimizer({.name = "thrower"}, throws, "mine.cc", 3);
  RegisterStream({.name = "thrower"}, throws, "mine.cc", 4);
  EXPECT_THAT(MakeObjective(*Objectives().Bind("thrower"), {kClasses}),
              thrown("objective"));
  EXPECT_THAT(MakeSchedule(*Schedules().Bind("thrower"), {}),
              thrown("schedule"));
  EXPECT_THAT(MakeOptimizer(*Optimizers().Bind("thrower"), {}),
              thrown("optimizer"));
  EXPECT_THAT(MakeStream(*Streams().Bind("thrower"), Input(9)),
              thrown("stream"));
}

}  // namespace
}  // namespace nclab
