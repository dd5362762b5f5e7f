// Finished runs that are asked for more.
#include "experiments/training/run/view.h"

#include <filesystem>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/testing/tiny_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/metric.h"
#include "metrics/statistics/statistic.h"
#include "tools/base/files/files.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using Strings = std::vector<std::string>;

RunSpec Asking(const Strings& metrics, const Strings& layers = {"features"}) {
  RunSpec spec = TinySpec();
  spec.metrics = metrics;
  spec.layers = layers;
  return CanonicalOf(spec);
}

// A run of that in a test's directory `root`, finished.
std::string Finished(const std::string& root, const RunSpec& spec) {
  const std::string directory =
      absl::StrCat(root, "/", spec.metrics.size(), "-", spec.layers.front());
  EXPECT_THAT(Train(spec, TinyOptions(directory)), IsOk());
  return directory;
}

// Asks the finished run of `directory`, which must not train.
void Ask(const std::string& directory, const RunSpec& spec) {
  const std::string manifest = BytesOf(directory + "/manifest.json");
  const auto outcome = Train(spec, TinyOptions(directory));
  ASSERT_THAT(outcome, IsOk());
  EXPECT_EQ(outcome->state, RunOutcome::State::kDone);
  EXPECT_EQ(outcome->step, kTinySteps);
  EXPECT_EQ(BytesOf(directory + "/manifest.json"), manifest) << "it trained";
  EXPECT_TRUE(RunDirectory(directory).Answered());
}

std::string Csv(const std::string& directory) {
  return BytesOf(directory + "/metrics.csv");
}

// The steps at which there are rows of `metric`.
std::set<int64_t> StepsOf(const std::string& directory,
                          const std::string& metric) {
  std::set<int64_t> steps;
  const auto rows = RunDirectory(directory).ReadMetrics();
  EXPECT_THAT(rows, IsOk());
  if (!rows.ok()) return steps;
  for (const MetricRow& row : *rows) {
    if (row.metric == metric) steps.insert(row.step);
  }
  return steps;
}

TEST(View, HasTheRowsThatTheRunWouldHave) {
  const Strings more = {"accuracy",         "cdnv",
                        "cdnv_train_means", "feature_norm_mean",
                        "nc1_pinv_trace",   "variance_ratio"};
  const std::string directory =
      Finished(EmptyTestDirectory(), Asking({"loss"}));
  const std::string before = Csv(directory);
  Ask(directory, Asking(more, {"all"}));
  Strings both = more;
  both.push_back("loss");
  const std::string whole =
      Finished(std::filesystem::path(directory).parent_path().string(),
               Asking(both, {"all"}));
  EXPECT_EQ(Csv(directory), Csv(whole));
  EXPECT_NE(Csv(directory), before);
  EXPECT_EQ(BytesOf(directory + "/measure.json"),
            BytesOf(whole + "/measure.json"));
  EXPECT_EQ(EventsOf(directory).size(), EventsOf(whole).size());
  // Asked for less than it has, it says nothing new.
  const auto written =
      std::filesystem::last_write_time(directory + "/metrics.csv");
  Ask(directory, Asking({"cdnv"}));
  EXPECT_EQ(std::filesystem::last_write_time(directory + "/metrics.csv"),
            written);
}

TEST(View, MakesWhatWasNotKeptFromCheckpoints) {
  const std::string directory =
      Finished(EmptyTestDirectory(), Asking({"loss"}));
  Ask(directory, Asking({"weak_variance_ratio"}));
  EXPECT_THAT(StepsOf(directory, "weak_variance_ratio"),
              ElementsAre(20, kTinySteps));
  EXPECT_FALSE(DirectoryExists(directory + "/features"));
  EXPECT_THAT(BytesOf(directory + "/log.txt"),
              AllOf(HasSubstr("'clusters' is not kept at"),
                    HasSubstr("there is no checkpoint of them")));
  // And the numbers are those of a run that was asked at once.
  const std::string whole =
      Finished(std::filesystem::path(directory).parent_path().string(),
               Asking({"loss", "weak_variance_ratio"}));
  std::map<std::string, double> numbers;
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto rows,
                             RunDirectory(whole).ReadMetrics());
  for (const MetricRow& row : rows) {
    numbers[ToCsv({{row.step, row.split, row.layer, row.metric, row.anchor,
                    0}})] = row.value;
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto late,
                             RunDirectory(directory).ReadMetrics());
  for (const MetricRow& row : late) {
    const auto at = numbers.find(
        ToCsv({{row.step, row.split, row.layer, row.metric, row.anchor, 0}}));
    ASSERT_NE(at, numbers.end());
    EXPECT_NEAR(row.value, at->second, 1e-6 * std::abs(at->second));
  }
}

TEST(View, MakesWhatIsDamagedOrOfAnotherVersionAgain) {
  const std::string directory =
      Finished(EmptyTestDirectory(), Asking({"loss"}));
  const RunDirectory run(directory);
  // At 20 a checkpoint can replace it; at 1 nothing can.
  for (const int64_t step : {1, 20}) {
    std::string bytes = BytesOf(run.Moments(step));
    bytes[bytes.size() / 2] ^= 4;
    ASSERT_THAT(WriteFileAtomically(run.Moments(step), bytes), IsOk());
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(TensorFile file,
                             LoadTensors(run.Moments(kTinySteps)));
  file.metadata["version.class_moments"] = "77";
  ASSERT_THAT(SaveTensors(run.Moments(kTinySteps), file.tensors, file.metadata),
              IsOk());
  Ask(directory, Asking({"cdnv"}));
  const std::set<int64_t> steps = StepsOf(directory, "cdnv");
  EXPECT_THAT(steps,
              AllOf(Contains(20), Contains(kTinySteps), Not(Contains(1))));
  EXPECT_THAT(StepsOf(directory, "loss"), Contains(1)) << "its row is lost";
  const std::string log = BytesOf(directory + "/log.txt");
  EXPECT_THAT(log, HasSubstr(run.Moments(1)));
  EXPECT_THAT(log, HasSubstr("'class_moments' in version 77"));
  EXPECT_THAT(log, HasSubstr("'class_moments' is not kept at 1 of"));
  EXPECT_THAT(log, HasSubstr("measured again from " + run.Checkpoint(20)));
}

TEST(View, HasAMetricThatIsYoungerThanTheRun) {
  const std::string directory =
      Finished(EmptyTestDirectory(), Asking({"loss"}));
  RegisterMetric(
      {.name = "scatter_of_first",
       .summary = "scatter of class 0",
       .reference = "own",
       .formula = "sum |h - mu_0|^2",
       .statistics = {"class_moments"}},
      [](const Params&, const MetricInput& input) {
        return Defined(input.Of<Moments>().scatter[0]);
      },
      __FILE__, __LINE__);
  Ask(directory, Asking({"scatter_of_first"}));
  EXPECT_EQ(StepsOf(directory, "scatter_of_first"), StepsOf(directory, "loss"));
}

TEST(View, RefusesWhatCannotBeAskedAndLeavesTheRun) {
  const std::string directory =
      Finished(EmptyTestDirectory(), Asking({"loss"}));
  const std::string measured = BytesOf(directory + "/measure.json");
  EXPECT_THAT(Train(Asking({"loss"}, {"fc9"}), TinyOptions(directory)),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'fc9'"), HasSubstr("fc1.pre"))));
  RunSpec spec = Asking({"loss"});
  spec.save_steps = {10, 20};
  EXPECT_THAT(Train(CanonicalOf(spec), TinyOptions(directory)),
              StatusIs(StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr("step 10"), HasSubstr("20, 60"))));
  EXPECT_EQ(BytesOf(directory + "/measure.json"), measured);
  // Another grid asks nothing of a run that has its own.
  spec = Asking({"loss"});
  spec.eval_points = 80;
  Ask(directory, CanonicalOf(spec));
  EXPECT_EQ(BytesOf(directory + "/measure.json"), measured);
}

// A run that was stopped takes what it is asked for from then on.
TEST(View, ARunOnItsWayIsAskedForMore) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = TinyOptions(directory);
  int asked = 0;
  options.stop_requested = [&] { return ++asked > 60; };
  ASSERT_THAT(Train(Asking({"loss"}), options), IsOk());
  ASSERT_FALSE(RunDirectory(directory).Through());
  RunSpec spec = Asking({"cdnv"}, {"all"});
  spec.save_steps = {20, 50};
  ASSERT_THAT(Train(CanonicalOf(spec), TinyOptions(directory)), IsOk());
  RunSpec at_once = Asking({"cdnv", "loss"}, {"all"});
  at_once.save_steps = {20, 50};
  const std::string whole =
      Finished(std::filesystem::path(directory).parent_path().string(),
               CanonicalOf(at_once));
  EXPECT_EQ(Csv(directory), Csv(whole));
  EXPECT_TRUE(FileExists(RunDirectory(directory).Checkpoint(50)));
}

}  // namespace
}  // namespace nclab
