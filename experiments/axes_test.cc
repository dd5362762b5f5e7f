#include "experiments/axes.h"

#include <cmath>

#include "gtest/gtest.h"

namespace nclab {
namespace {

// TrainVariance at steps 0, 5, 50, 100.
SeedRows Seed(const std::vector<double>& values) {
  RunRows run;
  const int64_t steps[] = {0, 5, 50, 100};
  for (size_t i = 0; i < values.size(); ++i) {
    run.rows.push_back(
        {steps[i], "train", "features", "variance_ratio", "final", values[i]});
  }
  return {{"a", run}};
}

Panel CurvePanel() {
  Panel panel;
  panel.id = "curve";
  panel.title = "{runs}";
  panel.curves = {{"a", TrainVariance(), "TrainVariance"}};
  panel.paper_range = {1, 10};
  return panel;
}

TEST(OnAxes, IsTheDistanceInPowersOfTen) {
  const Claim claim = OnAxes(CurvePanel());
  EXPECT_EQ(claim.id, "on_axes_curve");
  EXPECT_TRUE(claim.statistic.is_distance());
  // What comes before a tenth of the steps is not in the paper's figures.
  EXPECT_EQ(claim.statistic(Seed({9000, 900, 10, 1})), 0);
  EXPECT_NEAR(*claim.statistic(Seed({5, 5, 1000, 5})), 2, 1e-12);
  EXPECT_NEAR(*claim.statistic(Seed({5, 5, 5, 0.1})), 1, 1e-12);
  EXPECT_EQ(claim.statistic(Seed({5, 5, NAN, 5})), 0);
  EXPECT_EQ(claim.statistic(Seed({5, 5, 5, 0})), std::nullopt);
  EXPECT_EQ(claim.statistic({{"a", {}}}), std::nullopt);
  EXPECT_EQ(claim.statistic({}), std::nullopt);
}

TEST(OnAxes, LooksAtBothCoordinatesOfEachMark) {
  Panel panel;
  panel.id = "marks";
  panel.marks = {{"m", At("a", TrainVariance()), 3},
                 {"left out", At("b", TrainVariance()), 300}};
  panel.paper_range = {1, 2};
  panel.paper_x_range = {1, 10};
  const Claim claim = OnAxes(panel);
  EXPECT_NEAR(*claim.statistic(Seed({5, 5, 5, 5})), std::log10(1.5), 1e-12);
  EXPECT_NEAR(*claim.statistic(Seed({5, 5, 5, 0.1})), 1, 1e-12);
  SeedRows missing = Seed({5, 5, 5, 5});
  missing["b"];
  EXPECT_EQ(claim.statistic(missing), std::nullopt);
}

}  // namespace
}  // namespace nclab
