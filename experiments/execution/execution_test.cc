// Many runs through real worker processes: this test is its own worker.
#include "experiments/execution/execution.h"

#include <cstdlib>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/training/canonical_of.h"
#include "experiments/training/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

RunSpec Tiny(int64_t seed) {
  RunSpec spec;
  spec.dataset =
      "gaussian_etf(num_classes=2,per_class=20,test_samples=4,dim=8)";
  spec.model = "mlp(width=8,depth=1)";
  spec.steps = 20;
  spec.eval_points = 2;
  spec.seed = seed;
  return CanonicalOf(spec);
}

RunSpec ChildOf(const RunSpec& parent) {
  RunSpec spec = parent;
  spec.init_from = ToJson(parent);
  spec.init_step = parent.steps;
  return CanonicalOf(spec);
}

PlannedRun In(const std::string& runs, const RunSpec& spec) {
  return {spec, absl::StrCat(runs, "/", RunName(spec))};
}

ExecutionOptions OnCpu(int jobs) {
  ExecutionOptions options;
  options.device = "cpu";
  options.jobs = jobs;
  return options;
}

TEST(ExecuteRuns, RunsParentsBeforeTheirChildren) {
  const std::string runs = EmptyTestDirectory();
  const RunSpec parent = Tiny(0), child = ChildOf(parent);
  const std::vector<PlannedRun> plan = {In(runs, ChildOf(child)),
                                        In(runs, child), In(runs, Tiny(1)),
                                        In(runs, parent)};
  // More slots than runs that may start at first.
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OnCpu(4)));
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_FALSE(result.stopped);
  for (const PlannedRun& run : plan) {
    EXPECT_TRUE(RunDirectory(run.directory).Done()) << run.directory;
  }
}

TEST(ExecuteRuns, FailsTheChildrenOfAFailedRunWithThatReason) {
  const std::string runs = EmptyTestDirectory();
  RunSpec diverging = Tiny(0);
  diverging.lr = 1e6;
  diverging.schedule = "constant";
  diverging = CanonicalOf(diverging);
  const RunSpec child = ChildOf(diverging), grandchild = ChildOf(child);
  const std::vector<PlannedRun> plan = {In(runs, grandchild), In(runs, child),
                                        In(runs, diverging), In(runs, Tiny(1))};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OnCpu(1)));
  EXPECT_EQ(result.done, 1);
  EXPECT_THAT(result.failures,
              ElementsAre(AllOf(HasSubstr(RunName(grandchild)),
                                HasSubstr(RunName(child) + ", failed")),
                          AllOf(HasSubstr(RunName(child)),
                                HasSubstr(RunName(diverging) + ", failed")),
                          AllOf(HasSubstr(RunName(diverging)),
                                HasSubstr("The loss became"))));
  EXPECT_THAT(RunDirectory(plan[1].directory).FailureReason(),
              HasSubstr(RunName(diverging) + ", failed"));
}

TEST(ExecuteRuns, UsesAParentThatIsThereAlready) {
  const std::string runs = EmptyTestDirectory();
  ASSERT_THAT(ExecuteRuns({In(runs, Tiny(0))}, OnCpu(1)), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ExecutionResult result,
      ExecuteRuns({In(runs, ChildOf(Tiny(0)))}, OnCpu(1)));
  EXPECT_EQ(result.done, 1);
}

TEST(ExecuteRuns, SaysWhichParentIsNotThere) {
  const std::string runs = EmptyTestDirectory();
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ExecutionResult result,
      ExecuteRuns({In(runs, ChildOf(Tiny(0)))}, OnCpu(1)));
  EXPECT_EQ(result.done, 0);
  EXPECT_THAT(result.failures,
              ElementsAre(HasSubstr(
                  absl::StrCat("starts from ", runs, "/", RunName(Tiny(0))))));
}

TEST(ExecuteRuns, DoesNotRepeatAFinishedRun) {
  const std::string runs = EmptyTestDirectory();
  const std::vector<PlannedRun> plan = {In(runs, Tiny(0))};
  ASSERT_THAT(ExecuteRuns(plan, OnCpu(1)), IsOk());
  const std::string csv = plan[0].directory + "/metrics.csv";
  const auto written = std::filesystem::last_write_time(csv);
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult again,
                             ExecuteRuns(plan, OnCpu(1)));
  EXPECT_EQ(again.done, 1);
  EXPECT_EQ(std::filesystem::last_write_time(csv), written);
}

TEST(ChooseSlots, DividesTheCores) {
  EXPECT_EQ(ChooseSlots(OnCpu(0), 5, 2).jobs, 2);
  EXPECT_EQ(ChooseSlots(OnCpu(0), 5, 2).threads, 1);
  EXPECT_EQ(ChooseSlots(OnCpu(0), 1, 8).threads, 8);
  EXPECT_EQ(ChooseSlots(OnCpu(3), 9, 8).threads, 2);
  ExecutionOptions options = OnCpu(1);
  options.threads = 3;
  EXPECT_EQ(ChooseSlots(options, 9, 8).threads, 3);
  options = OnCpu(0);
  options.device = "cuda";
  EXPECT_EQ(ChooseSlots(options, 9, 8).jobs, 1);
}

// As a worker: what ExecuteRuns() starts.
int Worker(int argc, char** argv) {
  ExecutionOptions options;
  std::string directory;
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (absl::ConsumePrefix(&word, "--worker=")) directory = word;
    if (absl::ConsumePrefix(&word, "--device=")) options.device = word;
    if (absl::ConsumePrefix(&word, "--threads=") &&
        !absl::SimpleAtoi(word, &options.threads)) {
      return 2;
    }
  }
  const absl::StatusOr<int> status = WorkerMain(directory, options);
  if (status.ok()) return *status;
  std::fprintf(stderr, "%s\n", std::string(status.status().message()).c_str());
  return 2;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  if (argc > 1 && absl::StartsWith(argv[1], "--worker=")) {
    return nclab::Worker(argc, argv);
  }
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
