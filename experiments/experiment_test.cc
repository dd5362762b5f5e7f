#include "experiments/experiment.h"

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
  EXPECT_FALSE(EveryLayerFalls("cell", kHidden)(Seed({1, NAN}, {1, 1})).has_value());
  EXPECT_FALSE(EveryLayerFalls("cell", kHidden)(Seed({1, 1}, {1, 0})).has_value());
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

// Figure 6 at the paper's setting, against PAPER.md's table written out again.
TEST(Plan, OfFigureSixIsThePapers) {
  const auto entry = Experiments().Find("fig6");
  ASSERT_TRUE(entry.ok());
  const auto plan = MakePlan((*entry)->factory(), {"paper", {}, "", {}});
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->size(), 3u);
  for (size_t i = 0; i < 3; ++i) {
    const RunSpec& spec = (*plan)[i].spec;
    EXPECT_EQ(spec.seed, static_cast<int64_t>(i));
    EXPECT_EQ(spec.steps, 80000);
    EXPECT_EQ(spec.lr, 0.001);
    EXPECT_EQ(spec.momentum, 0.9);
    EXPECT_EQ(spec.weight_decay, 0);
    EXPECT_EQ(spec.batch_size, 128);
    EXPECT_EQ(spec.schedule, "cosine");
    EXPECT_EQ(spec.stop_train_loss, 0);
    EXPECT_NE(spec.model.find("mlp(width=1024,depth=3"), std::string::npos);
    EXPECT_NE(spec.dataset.find("mnist("), std::string::npos);
    EXPECT_NE(spec.dataset.find("train_per_class=100,"), std::string::npos);
    EXPECT_NE(spec.dataset.find("test_per_class=20,"), std::string::npos);
  }
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
}

}  // namespace
}  // namespace nclab
