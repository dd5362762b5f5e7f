#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>

#include "gtest/gtest.h"

namespace nclab {
namespace {

const Quantity kAccuracy = {"accuracy", "test", "", ""};
const double kLog2 = std::log10(2);

// The layers fc1, fc2, fc10 in this order: the alphabet has another.
const char* const kLayers[] = {"fc1", "fc2", "fc10"};

// TrainVariance of the layers of "cell" at `steps`; values[i][t] of layer i. An
// epoch has 9 steps.
SeedRows Layers(const std::vector<int64_t>& steps,
                const std::vector<std::vector<double>>& values) {
  RunRows run;
  run.epoch = 9;
  for (size_t i = 0; i < values.size(); ++i) {
    for (size_t t = 0; t < steps.size(); ++t) {
      run.rows.push_back({steps[t], "train", kLayers[i], "variance_ratio",
                          "final", values[i][t]});
    }
  }
  return {{"cell", run}};
}

// At the last step alone, behind a draw.
SeedRows AtEnd(const std::vector<double>& values) {
  std::vector<std::vector<double>> layers;
  for (const double value : values) layers.push_back({50, value});
  return Layers({0, 99}, layers);
}

// A run that ends with one test accuracy and the three variances.
RunRows Ended(double accuracy, double train = 1, double test = 1,
              double weak = 1) {
  return {{{99, "test", "", "accuracy", "", accuracy},
           {99, "train", "features", "variance_ratio", "final", train},
           {99, "test", "features", "variance_ratio", "final", test},
           {99, "test", "features", "weak_variance_ratio", "final", weak}}};
}

RunRows Diverged() {
  RunRows run;
  run.diverged = true;
  return run;
}

// Test accuracies of cells a, b, c, ... in pairs with 1, 2, 3, ...
ClaimStatistic Growing(const std::vector<std::string>& cells, int sign) {
  std::vector<Number> x, y;
  for (const std::string& cell : cells) {
    x.push_back(static_cast<double>(x.size()));
    y.push_back(At(cell, kAccuracy));
  }
  return RankCorrelation(x, y, sign);
}

TEST(LayersDescendAtEnd, IsTheLeastRatioOfNeighboursInNetworkOrder) {
  const Number order = LayersDescendAtEnd("cell", TrainVariance("hidden"));
  EXPECT_NEAR(*order(AtEnd({100, 10, 5})), kLog2, 1e-12);
  EXPECT_NEAR(*order(AtEnd({100, 10, 20})), -kLog2, 1e-12);
  EXPECT_EQ(order(AtEnd({10, 10, 5})), 0);  // a tie is no order
  EXPECT_EQ(order(AtEnd({1})), std::nullopt);
  EXPECT_EQ(order(AtEnd({2, NAN})), std::nullopt);
  EXPECT_EQ(order(AtEnd({2, 0})), std::nullopt);
  EXPECT_EQ(order({}), std::nullopt);
  EXPECT_EQ(order({{"cell", {}}}), std::nullopt);
  EXPECT_EQ(order.cells(), std::vector<std::string>{"cell"});
}

TEST(EveryLayerFalls, IsTheLeastFallFromTheEndOfTheFirstEpoch) {
  const Number fall = EveryLayerFalls("cell", TrainVariance("hidden"));
  // The draw of step 0 and what comes before the epoch ends do not count; nor
  // is step 10 the last word.
  const std::vector<int64_t> steps = {0, 3, 10, 50, 99};
  EXPECT_NEAR(*fall(Layers(steps, {{900, 1, 10, 99, 1}, {900, 1, 10, 99, 5}})),
              kLog2, 1e-12);
  EXPECT_NEAR(*fall(Layers(steps, {{900, 90, 10, 9, 1}, {900, 90, 10, 9, 20}})),
              -kLog2, 1e-12);
  EXPECT_EQ(fall(Layers(steps, {{900, 90, 7, 9, 7}})), 0);
  EXPECT_EQ(fall(Layers(steps, {{900, 90, NAN, 9, 7}})), std::nullopt);
  EXPECT_EQ(fall(Layers(steps, {{900, 90, 7, 9, 0}})), std::nullopt);
  // The end of the first epoch is not evaluated apart from the last step.
  EXPECT_EQ(fall(AtEnd({1})), std::nullopt);
  EXPECT_EQ(fall({{"cell", Diverged()}}), std::nullopt);
}

TEST(LastLayerFallsMost, IsComparedWithTheGreatestOther) {
  const Number last = LastLayerFallsMost("cell", TrainVariance("hidden"));
  const std::vector<int64_t> steps = {0, 9, 99};
  const auto falls = [&](double a, double b, double c) {
    return last(Layers(steps, {{1, 10, a}, {1, 10, b}, {1, 10, c}}));
  };
  EXPECT_NEAR(*falls(5, 2, 1), kLog2, 1e-12);
  EXPECT_NEAR(*falls(1, 5, 2), -kLog2, 1e-12);
  EXPECT_EQ(falls(5, 1, 1), 0);
  EXPECT_EQ(falls(5, NAN, 1), std::nullopt);
  EXPECT_EQ(last(Layers(steps, {{1, 10, 1}})), std::nullopt);
}

TEST(DeeperLayersFallFirst, ComparesWhenLayersPassTheSameLevel) {
  const Number first = DeeperLayersFallFirst("cell", TrainVariance("hidden"));
  const auto passes = [&](const std::vector<std::vector<double>>& values) {
    return first(Layers({0, 9, 99, 999}, values));
  };
  // The level is 1, where fc1 ends. It passes it at 1000, fc2 at 100, fc10 at
  // 10 (steps plus 1).
  EXPECT_NEAR(*passes({{9, 8, 4, 1}, {9, 8, 1, .5}, {9, 1, .5, .1}}), 1, 1e-9);
  // fc2 between: from 4 at step 9 to 0.25 at 99 it passes 1 half way, on a
  // logarithmic axis.
  EXPECT_NEAR(*passes({{9, 8, 4, 1}, {9, 4, .25, .2}, {9, 1, .5, .1}}), 0.5,
              1e-9);
  EXPECT_LT(*passes({{9, 8, 4, 1}, {9, 1, .5, .2}, {9, 8, 1, .1}}), 0);
  EXPECT_NEAR(*passes({{9, 8, 4, 1}, {9, 8, 4, 1}}), 0, 1e-9);
  // A layer that starts below the level has not fallen to it.
  EXPECT_EQ(passes({{9, 8, 4, 1}, {.5, .4, .3, .2}}), std::nullopt);
  EXPECT_EQ(passes({{9, 8, 4, 1}, {9, NAN, .3, .2}}), std::nullopt);
  EXPECT_EQ(passes({{9, 8, 4, 1}}), std::nullopt);
}

TEST(Above, IsThePowerOfTenOfTheRatioLessThatOfTheFactor) {
  const Number test = At("a", StrongTestVariance());
  const Number train = At("a", TrainVariance());
  const Number above = Above(test, train), ten = Above(test, train, 10);
  const auto seed = [](double train, double test) {
    return SeedRows{{"a", Ended(0, train, test)}};
  };
  EXPECT_NEAR(*above(seed(0.5, 1)), kLog2, 1e-12);
  EXPECT_NEAR(*ten(seed(0.05, 1)), kLog2, 1e-12);
  EXPECT_NEAR(*ten(seed(0.2, 1)), -kLog2, 1e-12);
  EXPECT_EQ(above(seed(3, 3)), 0);
  EXPECT_EQ(above(seed(NAN, 3)), std::nullopt);
  EXPECT_EQ(above(seed(0, 3)), std::nullopt);
  EXPECT_EQ(above({{"b", Ended(0)}}), std::nullopt);
  EXPECT_EQ(above.cells(), std::vector<std::string>{"a"});
}

TEST(Above, TakesAConstant) {
  const Number above = Above(At("a", TrainVariance()), 0.1);
  EXPECT_NEAR(*above({{"a", Ended(0, 1)}}), 1, 1e-12);
  EXPECT_NEAR(*above({{"a", Ended(0, 0.05)}}), -kLog2, 1e-12);
  EXPECT_NEAR(*above({{"a", Ended(0, 0.1)}}), 0, 1e-12);
  EXPECT_EQ(above({{"a", Ended(0, NAN)}}), std::nullopt);
  EXPECT_EQ(above({}), std::nullopt);
}

TEST(Below, IsAShareOfTheLimit) {
  const Number below = Below(At("a", TrainVariance()), 4);
  EXPECT_DOUBLE_EQ(*below({{"a", Ended(0, 1)}}), 0.75);
  EXPECT_DOUBLE_EQ(*below({{"a", Ended(0, 12)}}), -2);
  EXPECT_EQ(below({{"a", Ended(0, 4)}}), 0);
  EXPECT_EQ(below({{"a", Ended(0, NAN)}}), std::nullopt);
  EXPECT_EQ(below({}), std::nullopt);
}

TEST(BestExceeds, ComparesTheBestOfPairsThatThePlanHasBothOf) {
  const Number exceeds =
      BestExceeds({At("a1", kAccuracy), At("a2", kAccuracy)},
                  {At("b1", kAccuracy), At("b2", kAccuracy)});
  const SeedRows all = {{"a1", Ended(0.5)},
                        {"a2", Ended(0.75)},
                        {"b1", Ended(0.25)},
                        {"b2", Ended(0.125)}};
  EXPECT_EQ(exceeds(all), 0.5);
  // a2 has no partner, so it is not the best of anything.
  SeedRows part = all;
  part.erase("b2");
  EXPECT_EQ(exceeds(part), 0.25);
  part["b2"] = {};  // planned, and missing
  EXPECT_EQ(exceeds(part), std::nullopt);
  part["b2"] = Diverged();
  EXPECT_EQ(exceeds(part), 0.5);
  part["b1"] = Ended(0.75);
  EXPECT_EQ(exceeds(part), 0);
  part["b1"] = Ended(NAN);
  EXPECT_EQ(exceeds(part), std::nullopt);
  EXPECT_EQ(exceeds({}), std::nullopt);
}

TEST(RankCorrelation, IsSpearmans) {
  const ClaimStatistic grows = Growing({"a", "b", "c", "d"}, +1);
  SeedRows seed = {
      {"a", Ended(.1)}, {"b", Ended(.2)}, {"c", Ended(.4)}, {"d", Ended(.3)}};
  // 1 - 6 * (0 + 0 + 1 + 1) / (4 * 15).
  EXPECT_NEAR(*grows(seed), 0.8, 1e-12);
  EXPECT_NEAR(*Growing({"a", "b", "c", "d"}, -1)(seed), -0.8, 1e-12);
  // c and d share rank 3.5: 4.5 / sqrt(5 * 4.5).
  seed["d"] = Ended(.4);
  EXPECT_NEAR(*grows(seed), 4.5 / std::sqrt(22.5), 1e-12);
  EXPECT_EQ(grows.most(), 1);
}

TEST(RankCorrelation, OfEqualNumbersIsZero) {
  const ClaimStatistic grows = Growing({"a", "b", "c"}, +1);
  const SeedRows seed = {{"a", Ended(.9)}, {"b", Ended(.9)}, {"c", Ended(.9)}};
  EXPECT_EQ(grows(seed), 0);
  EXPECT_EQ(grows.ArrangementsOf(seed), std::vector<double>(6, 0));
}

TEST(RankCorrelation, NeedsThreePairsAndEachOfThem) {
  const ClaimStatistic grows = Growing({"a", "b", "c", "d"}, +1);
  SeedRows seed = {{"a", Ended(.1)}, {"b", Ended(.2)}, {"c", Ended(.3)}};
  EXPECT_EQ(grows(seed), 1);  // the plan left d out
  seed["d"] = {};
  EXPECT_EQ(grows(seed), std::nullopt);
  seed["d"] = Ended(NAN);
  EXPECT_EQ(grows(seed), std::nullopt);
  seed["d"] = Diverged();
  EXPECT_EQ(grows(seed), std::nullopt);
  EXPECT_TRUE(grows.ArrangementsOf(seed).empty());
  seed.erase("c");
  seed.erase("d");
  EXPECT_EQ(grows(seed), std::nullopt);
}

TEST(RankCorrelation, HasEveryPairingOfSeparateRunsAsArrangement) {
  const SeedRows seed = {{"a", Ended(.3)}, {"b", Ended(.2)}, {"c", Ended(.1)}};
  const ClaimStatistic falls = Growing({"a", "b", "c"}, -1);
  EXPECT_DOUBLE_EQ(*falls(seed), 1);
  std::vector<double> all = falls.ArrangementsOf(seed);
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 6u);
  const double expected[] = {-1, -.5, -.5, .5, .5, 1};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(all[i], expected[i], 1e-12);
  // Other statistics have none.
  EXPECT_TRUE(ClaimStatistic(Below(At("a", kAccuracy), 1))
                  .ArrangementsOf(seed)
                  .empty());
}

TEST(RankCorrelation, DoesNotTakeCheckpointsOfARunForSeparateRuns) {
  RunRows run;
  for (const int64_t step : {0, 50, 100}) {
    run.rows.push_back({step, "train", "features", "variance_ratio", "final",
                        1.0 / static_cast<double>(step + 1)});
  }
  const SeedRows seed = {
      {"pre", run}, {"a", Ended(.3)}, {"b", Ended(.2)}, {"c", Ended(.1)}};
  std::vector<Number> checkpoints, tuned;
  for (const double at : {0.0, 0.5, 1.0}) {
    checkpoints.push_back(At("pre", TrainVariance(), AtShare(at)));
  }
  for (const char* cell : {"a", "b", "c"}) {
    tuned.push_back(At(cell, kAccuracy));
  }
  const ClaimStatistic hurts = RankCorrelation(checkpoints, tuned, +1);
  EXPECT_EQ(hurts(seed), 1);
  EXPECT_TRUE(hurts.ArrangementsOf(seed).empty());
  const ClaimStatistic collapse = RankCorrelation({1, 2, 3}, checkpoints, -1);
  EXPECT_EQ(collapse(seed), 1);
  EXPECT_TRUE(collapse.ArrangementsOf(seed).empty());
}

}  // namespace
}  // namespace nclab
