// The kit itself: an objective or schedule that breaks a promise is told which.
#include "experiments/recipes/testing/recipe_kit.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/randn_like.h>

#include <cmath>
#include <functional>
#include <string>
#include <vector>

#include "experiments/recipes/objective.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/testing/broken.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::vector<std::string> BrokenBy(Objective objective,
                                  std::string* message = nullptr) {
  return Broken(
      Objectives(), ObjectivePromises(), ObjectiveInfo(),
      [objective](const Params&, const ObjectiveInput&) { return objective; },
      message);
}

TEST(ObjectiveKit, FindsNothingInAGoodOne) {
  EXPECT_THAT(BrokenBy([](const at::Tensor& logits, const at::Tensor& labels) {
                return at::cross_entropy_loss(logits, labels);
              }),
              IsEmpty());
}

TEST(ObjectiveKit, NamesThePromiseAboutAFiniteScalar) {
  std::string message;
  EXPECT_THAT(BrokenBy([](const at::Tensor& logits,
                          const at::Tensor&) { return logits.square().sum(1); },
                       &message),
              Contains("GivesAFiniteScalarOfTheLogitsType"));
  EXPECT_THAT(message, HasSubstr("no scalar but [2]"));
  EXPECT_THAT(BrokenBy(
                  [](const at::Tensor& logits, const at::Tensor&) {
                    return (logits.square().sum() * 0).log();
                  },
                  &message),
              Contains("GivesAFiniteScalarOfTheLogitsType"));
  EXPECT_THAT(message, HasSubstr("-inf"));
  EXPECT_THAT(BrokenBy([](const at::Tensor& logits, const at::Tensor& labels) {
                return at::cross_entropy_loss(logits.to(at::kFloat), labels);
              }),
              Contains("GivesAFiniteScalarOfTheLogitsType"));
}

TEST(ObjectiveKit, NamesThePromiseAboutTheMean) {
  EXPECT_THAT(BrokenBy([](const at::Tensor& logits, const at::Tensor& labels) {
                return at::cross_entropy_loss(logits, labels) *
                       static_cast<double>(logits.size(0));
              }),
              ElementsAre("IsTheMeanOfALossPerSample"));
}

TEST(ObjectiveKit, NamesThePromiseAboutTheGradient) {
  std::string message;
  EXPECT_THAT(BrokenBy(
                  [](const at::Tensor& logits, const at::Tensor& labels) {
                    return at::cross_entropy_loss(logits, labels) +
                           logits.detach().square().sum(1).mean();
                  },
                  &message),
              ElementsAre("HasTheGradientOfItsDifferenceQuotient"));
  EXPECT_THAT(message, HasSubstr("the difference quotient"));
}

TEST(ObjectiveKit, NamesThePromiseAboutPurity) {
  std::string message;
  EXPECT_THAT(BrokenBy(
                  [](const at::Tensor& logits, const at::Tensor& labels) {
                    at::randn_like(logits);
                    return at::cross_entropy_loss(logits, labels);
                  },
                  &message),
              ElementsAre("IsAPureFunction"));
  EXPECT_THAT(message, HasSubstr("random"));
}

TEST(ObjectiveKit, PassesOnWhatLibTorchThrows) {
  std::string message;
  EXPECT_THAT(
      BrokenBy([](const at::Tensor& logits,
                  const at::Tensor& labels) { return (logits - labels).sum(); },
               &message),
      Contains("IsAPureFunction"));
  EXPECT_THAT(message, HasSubstr("must match"));
}

std::vector<std::string> BrokenBy(
    std::function<Schedule(const ScheduleInput&)> make,
    std::string* message = nullptr) {
  return Broken(
      Schedules(), SchedulePromises(), ScheduleInfo(),
      [make](const Params&, const ScheduleInput& input) { return make(input); },
      message);
}

TEST(ScheduleKit, FindsNothingInAGoodOne) {
  EXPECT_THAT(BrokenBy([](const ScheduleInput&) -> Schedule {
                return [](int64_t step) { return 1.0 / (1.0 + step); };
              }),
              IsEmpty());
}

TEST(ScheduleKit, NamesThePromiseAboutFiniteFactors) {
  std::string message;
  EXPECT_THAT(BrokenBy(
                  [](const ScheduleInput&) -> Schedule {
                    return [](int64_t step) {
                      return step == 700 ? std::nan("") : 1.0;
                    };
                  },
                  &message),
              Contains("IsFiniteAndNotNegative"));
  EXPECT_THAT(BrokenBy(
                  [](const ScheduleInput&) -> Schedule {
                    return [](int64_t step) { return 1 - 0.01 * step; };
                  },
                  &message),
              ElementsAre("IsFiniteAndNotNegative"));
  EXPECT_THAT(message, HasSubstr("at step 101 of 1000"));
  EXPECT_THAT(BrokenBy([](const ScheduleInput& input) -> Schedule {
                return [n = input.steps - 1](int64_t step) {
                  return static_cast<double>(step) / static_cast<double>(n);
                };
              }),
              ElementsAre("TakesOrRefusesShortRuns"));
}

TEST(ScheduleKit, NamesThePromiseAboutPurity) {
  EXPECT_THAT(BrokenBy([](const ScheduleInput&) -> Schedule {
                return [rate = 1.0](int64_t) mutable { return rate *= 0.99; };
              }),
              ElementsAre("IsAPureFunctionOfTheStep"));
}

}  // namespace
}  // namespace nclab
