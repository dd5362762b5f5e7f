// What is asked of a run, and when it is evaluated.
#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_replace.h"
#include "experiments/spec/canonical.h"
#include "experiments/spec/run_spec.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::ElementsAre;

RunSpec Unusual() {
  RunSpec spec;
  spec.dataset = "gaussian_etf(ratio=0.25,dim=16)";
  spec.model = "mlp(depth=2,width=16)";
  spec.steps = 777;
  spec.stop_train_loss = 1e-7;
  spec.metrics = {"loss", "cdnv"};
  spec.layers = {"fc2", "features"};
  spec.eval_points = 5;
  spec.save_steps = {700, 3, 700};
  return spec;
}

TEST(Measurement, ComesBackFromJsonUnchanged) {
  NCLAB_ASSERT_OK_AND_ASSIGN(RunSpec spec, Canonical(Unusual()));
  spec.grid = {0, 3, 700, 777};
  NCLAB_ASSERT_OK_AND_ASSIGN(const Measurement back,
                             MeasurementFromJson(MeasurementToJson(spec)));
  EXPECT_THAT(back.metrics, ElementsAre("cdnv", "loss"));
  EXPECT_EQ(back.layers, spec.layers);
  EXPECT_EQ(back.eval_points, 5);
  EXPECT_THAT(back.save_steps, ElementsAre(3, 700));
  EXPECT_THAT(back.grid, ElementsAre(0, 3, 700, 777));
  const std::string good = MeasurementToJson(spec);
  for (const auto& [from, to] :
       std::vector<std::pair<std::string, std::string>>{
           {"\"cdnv\"", "3"},
           {"700", "\"700\""},
           {"\"grid\"", "\"gird\""},
           {"\"version\": 1", "\"version\": 2"}}) {
    const std::string text = absl::StrReplaceAll(good, {{from, to}});
    ASSERT_NE(text, good);
    EXPECT_THAT(MeasurementFromJson(text),
                StatusIs(StatusCode::kInvalidArgument, testing::_))
        << from;
  }
}

// What is asked of a run is no part of it.
TEST(Measurement, IsNoPartOfARunsText) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec spec, Canonical(Unusual()));
  RunSpec other = spec;
  static_cast<Measurement&>(other) = Measurement();
  EXPECT_EQ(ToJson(other), ToJson(spec));
  EXPECT_EQ(RunName(other), RunName(spec));
  EXPECT_EQ(StopSteps(other), StopSteps(spec));
  EXPECT_NE(MeasurementToJson(other), MeasurementToJson(spec));
}

TEST(Measurement, AsksForWhatEitherAsksFor) {
  Measurement a, b;
  a.metrics = {"cdnv", "loss"};
  a.save_steps = {5};
  b.metrics = {"accuracy", "loss"};
  b.layers = {"fc1"};
  b.eval_points = 100;
  b.save_steps = {3};
  Measurement both = Union(a, b);
  EXPECT_THAT(both.metrics, ElementsAre("accuracy", "cdnv", "loss"));
  EXPECT_THAT(both.layers, ElementsAre("fc1", "features"));
  EXPECT_THAT(both.save_steps, ElementsAre(3, 5));
  EXPECT_EQ(both.eval_points, 100);
  EXPECT_EQ(MeasurementToJson(both), MeasurementToJson(Union(b, a)));
  EXPECT_TRUE(Covers(both, a) && Covers(both, b));
  EXPECT_FALSE(Covers(a, b) || Covers(b, a));
  b.layers = {"all"};
  EXPECT_THAT(Union(a, b).layers, ElementsAre("all"));
  EXPECT_THAT(Union(b, a).layers, ElementsAre("all"));
  // A run that has begun keeps its grid.
  a.grid = {0, 5, 10};
  both = Union(a, b);
  EXPECT_EQ(both.eval_points, a.eval_points);
  EXPECT_EQ(both.grid, a.grid);
}

RunSpec Of(int64_t steps, int64_t points) {
  RunSpec spec;
  spec.steps = steps;
  spec.eval_points = points;
  return spec;
}

TEST(EvaluationSteps, AscendFromZeroToTheLastStep) {
  for (const int64_t steps : {1, 2, 10, 60, 1000, 100000}) {
    for (const int64_t points : {2, 3, 40, 80}) {
      for (const int64_t samples : {0, 1, 1000, 1000000}) {
        const std::vector<int64_t> grid =
            EvaluationSteps(Of(steps, points), samples);
        ASSERT_GE(grid.size(), 2);
        EXPECT_LE(static_cast<int64_t>(grid.size()), points);
        EXPECT_EQ(grid.front(), 0);
        EXPECT_EQ(grid.back(), steps);
        for (size_t i = 1; i < grid.size(); ++i) {
          EXPECT_LT(grid[i - 1], grid[i]);
        }
      }
    }
  }
  EXPECT_THAT(EvaluationSteps(Of(500, 2)), ElementsAre(0, 500));
  EXPECT_THAT(EvaluationSteps(Of(500, 3)), ElementsAre(0, 1, 500));
}

// An axis of either kind has its half.
TEST(EvaluationSteps, AreLogSpacedEarlyAndEvenlySpacedAfterwards) {
  const std::vector<int64_t> grid = EvaluationSteps(Of(80000, 80));
  EXPECT_GE(grid.size(), 65);
  const auto from = std::find(grid.begin(), grid.end(), 2000);
  ASSERT_EQ(grid.end() - from, 40);
  for (auto it = from; it != grid.end(); ++it) {
    EXPECT_EQ(*it, 2000 * (it - from + 1));
  }
  EXPECT_EQ(grid[1], 1);
  for (auto it = grid.begin() + 10; it != from; ++it) {
    EXPECT_LT(static_cast<double>(it[1]) / static_cast<double>(it[0]), 1.5);
  }
}

// 0.01 * 80,000 steps of 3 * 128 samples are 20 looks at 15,360.
TEST(EvaluationSteps, AreFewerWhereAnEvaluationCostsMuch) {
  const auto even = [](int64_t samples) {
    const std::vector<int64_t> grid = EvaluationSteps(Of(80000, 80), samples);
    return 80000 / (80000 - grid[grid.size() - 2]);
  };
  EXPECT_EQ(even(1200), 40);
  EXPECT_EQ(even(15360), 20);
  EXPECT_EQ(even(60000), 10);
}

TEST(EvaluationSteps, IncludeTheStepsWhoseCheckpointIsKept) {
  RunSpec spec = Of(500, 2);
  spec.save_steps = {123, 400};
  EXPECT_THAT(EvaluationSteps(spec), ElementsAre(0, 123, 400, 500));
}

}  // namespace
}  // namespace nclab
