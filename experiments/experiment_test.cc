#include "experiments/experiment.h"

#include <algorithm>
#include <cmath>

#include "experiments/plan.h"
#include "experiments/statistics.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

const Quantity kHidden = TrainVariance("hidden");

// A seed whose layers a, b, c fall from `first` to `last`.
SeedRows Seed(const std::vector<double>& first,
              const std::vector<double>& last) {
  SeedRows seed;
  const char* const names[] = {"a", "b", "c"};
  for (size_t i = 0; i < first.size(); ++i) {
    seed["cell"].push_back(
        {0, "train", names[i], "variance_ratio", "final", first[i]});
    seed["cell"].push_back(
        {9, "train", names[i], "variance_ratio", "final", last[i]});
  }
  return seed;
}

TEST(Statistics, OrderIsTheLeastRatioOfNeighbours) {
  const Statistic order = LayersDescendAtEnd("cell", kHidden);
  EXPECT_NEAR(*order(Seed({1, 1, 1}, {100, 10, 5})), std::log10(2), 1e-12);
  EXPECT_LT(*order(Seed({1, 1, 1}, {100, 10, 20})), 0);
  EXPECT_FALSE(order(Seed({1}, {1})).has_value());
  EXPECT_FALSE(order({}).has_value());
}

TEST(Statistics, FallIsTheLeastOfAnyLayer) {
  const Statistic fall = EveryLayerFalls("cell", kHidden);
  EXPECT_NEAR(*fall(Seed({10, 10}, {1, 5})), std::log10(2), 1e-12);
  EXPECT_LT(*fall(Seed({10, 10}, {1, 20})), 0);
}

TEST(Statistics, LastFallIsComparedWithTheGreatestOther) {
  const Statistic last = LastLayerFallsMost("cell", kHidden);
  EXPECT_NEAR(*last(Seed({10, 10, 10}, {5, 2, 1})), std::log10(2), 1e-12);
  EXPECT_LT(*last(Seed({10, 10, 10}, {1, 5, 5})), 0);
}

TEST(Statistics, AnswerNothingForUndefinedNumbers) {
  EXPECT_FALSE(
      EveryLayerFalls("cell", kHidden)(Seed({1, NAN}, {1, 1})).has_value());
  EXPECT_FALSE(
      EveryLayerFalls("cell", kHidden)(Seed({1, 1}, {1, 0})).has_value());
}

// TrainVariance of layers a, b, c of "cell" at steps 0, 9, 99 and 999.
SeedRows Curves4(const std::vector<std::vector<double>>& layers) {
  SeedRows seed;
  const char* const names[] = {"a", "b", "c"};
  const int64_t steps[] = {0, 9, 99, 999};
  for (size_t i = 0; i < layers.size(); ++i) {
    for (size_t t = 0; t < 4; ++t) {
      seed["cell"].push_back({steps[t], "train", names[i], "variance_ratio",
                              "final", layers[i][t]});
    }
  }
  return seed;
}

TEST(Statistics, DeeperLayersPassTheSameLevelEarlier) {
  const Statistic first = DeeperLayersFallFirst("cell", kHidden);
  // The level is 1, where a ends. a passes it at 1000, b at 100, c at 10 (steps
  // plus 1).
  EXPECT_NEAR(*first(Curves4({{9, 8, 4, 1}, {9, 8, 1, .5}, {9, 1, .5, .1}})), 1,
              1e-9);
  // b between: from 4 at step 9 to 0.25 at 99 it passes 1 half way, on a
  // logarithmic axis.
  EXPECT_NEAR(*first(Curves4({{9, 8, 4, 1}, {9, 4, .25, .2}, {9, 1, .5, .1}})),
              0.5, 1e-9);
  EXPECT_LT(*first(Curves4({{9, 8, 4, 1}, {9, 1, .5, .2}, {9, 8, 1, .1}})), 0);
  // A layer that starts below the level has not fallen to it.
  EXPECT_FALSE(first(Curves4({{9, 8, 4, 1}, {.5, .4, .3, .2}})).has_value());
  EXPECT_FALSE(first(Curves4({{9, 8, 4, 1}})).has_value());
}

TEST(Statistics, StayingAboveIsInPowersOfTen) {
  const Statistic above = StaysAbove({{"cell"}, TrainVariance("a")}, 0.1);
  EXPECT_NEAR(*above(Seed({5}, {1})), 1, 1e-12);
  EXPECT_LT(*above(Seed({5}, {0.05})), 0);
  EXPECT_FALSE(above({}).has_value());
}

TEST(Statistics, CorrelationsHaveEveryPairingAsArrangement) {
  const Statistic correlation =
      RankCorrelation(std::vector<double>{1, 2, 3},
                      {{{"cell"}, TrainVariance("a")},
                       {{"cell"}, TrainVariance("b")},
                       {{"cell"}, TrainVariance("c")}},
                      -1);
  const SeedRows seed = Seed({1, 1, 1}, {3, 2, 1});
  EXPECT_DOUBLE_EQ(*correlation(seed), 1);
  std::vector<double> all = correlation.ArrangementsOf(seed);
  std::sort(all.begin(), all.end());
  ASSERT_EQ(all.size(), 6u);
  const double expected[] = {-1, -.5, -.5, .5, .5, 1};
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(all[i], expected[i], 1e-12);
  EXPECT_TRUE(correlation.ArrangementsOf({}).empty());
  // Other statistics have none.
  EXPECT_TRUE(EveryLayerFalls("cell", kHidden).ArrangementsOf(seed).empty());
}

TEST(FindValue, PassesOverRunsThatDivergedButNotOverMissingOnes) {
  const Quantity accuracy = {"accuracy", "test", "", ""};
  SeedRows seed = {{"low", {{9, "test", "", "accuracy", "", 0.5}}},
                   {"high", {{9, "test", "", "accuracy", "", 0.7}}},
                   {"diverged", DivergedRun()},
                   {"unfinished", {}}};
  EXPECT_EQ(FindValue(seed, {{"low", "diverged", "high"}, accuracy}), 0.7);
  EXPECT_EQ(FindValue(seed, {{"diverged"}, accuracy}), std::nullopt);
  EXPECT_EQ(FindValue(seed, {{"low", "unfinished"}, accuracy}), std::nullopt);
  EXPECT_EQ(FindValue(seed, {{"low", "left out"}, accuracy}), 0.5);
}

TEST(SelectLayers, KnowsHiddenAndPre) {
  std::vector<MetricRow> rows(4);
  rows[0].layer = "fc1.pre";
  rows[1].layer = "fc1";
  rows[2].layer = "features";
  using Names = std::vector<std::string>;
  EXPECT_EQ(SelectLayers(rows, "hidden"), Names{"fc1"});
  EXPECT_EQ(SelectLayers(rows, "pre"), Names{"fc1.pre"});
  EXPECT_EQ(SelectLayers(rows, "fc1"), Names{"fc1"});
  rows.erase(rows.begin(), rows.begin() + 2);
  EXPECT_EQ(SelectLayers(rows, "hidden"), Names{"features"});
}

TEST(Plan, AppliesOverridesAfterThePreset) {
  const auto entry = Experiments().Find("fig6");
  ASSERT_TRUE(entry.ok());
  const auto plan = MakePlan((*entry)->factory(),
                             {"smoke", {5}, "model=mlp", {{"steps", "7"}}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->size(), 1u);
  EXPECT_EQ((*plan)[0].spec.steps, 7);
  EXPECT_EQ((*plan)[0].spec.seed, 5);
}

TEST(Plan, MakesTheSameParentWhateverOnlySays) {
  const auto entry = Experiments().Find("fig5");
  ASSERT_TRUE(entry.ok());
  const Experiment fig5 = (*entry)->factory();
  const auto all = MakePlan(fig5, {"paper", {0}, "", {}});
  const auto one =
      MakePlan(fig5, {"paper", {0}, "cell=mnist-finetune-60%-lr0.001", {}});
  const auto parent = MakePlan(fig5, {"paper", {0}, "cell=mnist-pretrain", {}});
  ASSERT_TRUE(all.ok() && one.ok() && parent.ok());
  ASSERT_EQ(one->size(), 2u);
  ASSERT_EQ(parent->size(), 1u);
  EXPECT_EQ(ToJson((*one)[0].spec), ToJson((*all)[0].spec));
  EXPECT_EQ(ToJson((*parent)[0].spec), ToJson((*all)[0].spec));
  EXPECT_EQ((*one)[1].spec.init_step, 60000);
}

TEST(Plan, RefusesWhatItDoesNotKnow) {
  const auto entry = Experiments().Find("fig6");
  ASSERT_TRUE(entry.ok());
  const Experiment fig6 = (*entry)->factory();
  EXPECT_FALSE(MakePlan(fig6, {"tiny", {}, "", {}}).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {}, "colour=red", {}}).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {}, "", {{"stepz", "7"}}}).ok());
  EXPECT_FALSE(
      MakePlan(fig6, {"smoke", {}, "", {{"steps", "7"}, {"steps", "8"}}}).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {}, "", {{"seed", "1"}}}).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {3, 3}, "", {}}).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {}, "model=mlp,model=vgg", {}}).ok());
}

}  // namespace
}  // namespace nclab
