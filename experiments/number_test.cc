#include "experiments/number.h"

#include <cmath>

#include "gtest/gtest.h"

namespace nclab {
namespace {

const Quantity kLoss = {"loss", "train", "", ""};

// TrainVariance 8, 4, 2, 1 and losses at steps 0, 9, 99, 999.
RunRows Falling() {
  RunRows run;
  run.epoch = 50;
  run.samples = 300;
  run.spec = R"json({"lr": 0.5, "model": "mlp(width=64,depth=3)"})json";
  const int64_t steps[] = {0, 9, 99, 999};
  const double losses[] = {1, 0.1, 0.02, 0.01};
  for (int i = 0; i < 4; ++i) {
    run.rows.push_back({steps[i], "train", "features", "variance_ratio",
                        "final", 8 / std::pow(2, i)});
    run.rows.push_back({steps[i], "train", "", "loss", "", losses[i]});
  }
  return run;
}

SeedRows Seed() {
  SeedRows seed = {{"a", Falling()}, {"unfinished", {}}};
  seed["diverged"].diverged = true;
  return seed;
}

Number Variance(const std::string& cell, Time time = AtEnd()) {
  return At(cell, TrainVariance(), std::move(time));
}

TEST(At, IsTheValueAtATime) {
  const SeedRows seed = Seed();
  EXPECT_EQ(Variance("a")(seed), 1);
  EXPECT_EQ(Variance("a", AtShare(0))(seed), 8);
  EXPECT_EQ(Variance("a", FromShare(0.01))(seed), 2);
  EXPECT_EQ(Variance("a", AtStep(99))(seed), 2);
  EXPECT_EQ(Variance("a", AtStep(98))(seed), std::nullopt);
  EXPECT_EQ(Variance("a", AfterFirstEpoch())(seed), 2);
  EXPECT_EQ(Variance("a", FirstBelow(kLoss, 0.05))(seed), 2);
  EXPECT_EQ(Variance("a", FirstBelow(kLoss, 0.01))(seed), std::nullopt);
  EXPECT_EQ(Variance("a", Now()).In({seed, 9}).value, 4);
  EXPECT_EQ(StepAt("a", FirstBelow(kLoss, 0.05))(seed), 99);
}

TEST(AtReach, IsAtTheFirstEvaluationOfAtLeastThatMuch) {
  SeedRows seed = Seed();
  double accuracy = 0.5;
  for (const int64_t step : {0, 9, 99, 999}) {
    seed["a"].rows.push_back({step, "test", "", "accuracy", "", accuracy});
    accuracy += 0.125;
  }
  const auto variance = [&](const Number& level) {
    return AtReach("a", TrainVariance(), {"accuracy", "test", "", ""}, level);
  };
  EXPECT_EQ(variance(0)(seed), 8);
  EXPECT_EQ(variance(0.75)(seed), 2);  // exactly
  EXPECT_EQ(variance(0.8)(seed), 1);
  EXPECT_EQ(variance(0.9)(seed), std::nullopt);
  EXPECT_EQ(variance(Variance("unfinished")).In({seed}).lack, Lack::kNotRun);
  EXPECT_EQ(variance(Variance("unfinished")).cells(),
            (std::vector<std::string>{"a", "unfinished"}));
}

TEST(Number, SaysWhatItLacks) {
  const SeedRows seed = Seed();
  const auto lack = [&](const Number& number) {
    return number.In({seed}).lack;
  };
  EXPECT_EQ(lack(Variance("a")), Lack::kNothing);
  EXPECT_EQ(lack(At("a", WeakTestVariance())), Lack::kUndefined);
  EXPECT_EQ(lack(Variance("diverged")), Lack::kDiverged);
  EXPECT_EQ(lack(Variance("unfinished")), Lack::kNotRun);
  EXPECT_EQ(lack(Variance("left out")), Lack::kLeftOut);
  // Of an expression the last in this order.
  EXPECT_EQ(lack(Variance("diverged") - Variance("unfinished")), Lack::kNotRun);
  EXPECT_EQ(lack(Variance("left out") / Variance("unfinished")),
            Lack::kLeftOut);
  EXPECT_EQ(lack(Variance("a") / 0), Lack::kUndefined);
}

TEST(Number, IsAnExpression) {
  const SeedRows seed = Seed();
  const Number a = Variance("a"), start = Variance("a", AtShare(0));
  EXPECT_EQ((start / a - 2 + 0.5)(seed), 6.5);
  EXPECT_EQ(Log10(start / a)(seed), std::log10(8));
  EXPECT_EQ(Samples("a")(seed), 300);
  EXPECT_EQ(Setting("a", "lr")(seed), 0.5);
  EXPECT_EQ(Setting("a", "model.depth")(seed), 3);
  EXPECT_EQ(Setting("a", "model.height")(seed), std::nullopt);
  EXPECT_EQ(Setting("a", "schedule")(seed), std::nullopt);
  EXPECT_EQ(Number(3)({}), 3);
  EXPECT_EQ((Variance("b") - Variance("a")).cells(),
            (std::vector<std::string>{"a", "b"}));
}

TEST(Reductions, AreOfAllOfThem) {
  const SeedRows seed = Seed();
  EXPECT_EQ(Least({3, 1, 2})(seed), 1);
  EXPECT_EQ(Greatest({3, 1, 2})(seed), 3);
  EXPECT_EQ(Mean({3, 1, 2})(seed), 2);
  EXPECT_EQ(Mean({3, Variance("diverged")})(seed), std::nullopt);
  EXPECT_EQ(LeastDrop({5, 3, 2})(seed), 1);
  EXPECT_EQ(LeastDrop({5})(seed), std::nullopt);
  EXPECT_EQ(LeadOfLast({5, 3, 9})(seed), 4);
  EXPECT_EQ(LeadOfLast({5})(seed), std::nullopt);
  for (const char* cell : {"diverged", "unfinished", "left out"}) {
    EXPECT_EQ(Least({1, Variance(cell)})(seed), std::nullopt) << cell;
  }
}

TEST(Best, PassesOverRunsThatDivergedButNotOverMissingOnes) {
  const SeedRows seed = Seed();
  EXPECT_EQ(Best({Variance("a"), Variance("diverged"), 0.5})(seed), 1);
  EXPECT_EQ(Best({Variance("a"), Variance("left out")})(seed), 1);
  EXPECT_EQ(Best({Variance("a"), Variance("unfinished")})(seed), std::nullopt);
  EXPECT_EQ(Best({Variance("diverged")}).In({seed}).lack, Lack::kDiverged);
  EXPECT_EQ(Best({Variance("left out")}).In({seed}).lack, Lack::kLeftOut);
  EXPECT_EQ(Beside(1, Variance("left out")).In({seed}).lack, Lack::kLeftOut);
  EXPECT_EQ(Beside(1, Variance("unfinished"))(seed), 1);
}

TEST(StepsToFall, InterpolatesOnLogarithmicAxes) {
  const SeedRows seed = Seed();
  const auto steps = [&](double level) {
    return StepsToFall("a", TrainVariance(), level)(seed);
  };
  EXPECT_NEAR(*steps(4), 9, 1e-9);
  // From 4 at step 9 to 2 at 99: half way down at 10^1.5 - 1.
  EXPECT_NEAR(*steps(std::sqrt(8)), std::pow(10, 1.5) - 1, 1e-9);
  EXPECT_NEAR(*steps(1), 999, 1e-6);
  EXPECT_EQ(steps(0.9), std::nullopt);
  EXPECT_EQ(steps(9), std::nullopt);  // it starts below
}

}  // namespace
}  // namespace nclab
