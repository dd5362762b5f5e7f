// Many runs through real worker processes: this test is its own worker.
#include "experiments/execution/execution.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <thread>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/execution/testing/test_or_work.h"
#include "experiments/execution/testing/tiny_spec.h"
#include "experiments/records/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PlannedRun In(const std::string& runs, const RunSpec& spec) {
  return {spec, absl::StrCat(runs, "/", RunName(spec))};
}

ExecutionOptions OnCpu(int jobs) {
  ExecutionOptions options;
  options.device = "cpu";
  options.jobs = jobs;
  return options;
}

// Two threads of one run get into each other's way on a busy machine.
ExecutionOptions OneThread(int jobs) {
  ExecutionOptions options = OnCpu(jobs);
  options.threads = 1;
  return options;
}

int StartsOf(const PlannedRun& run) {
  const absl::StatusOr<std::string> manifest =
      ReadFile(run.directory + "/manifest.json");
  EXPECT_THAT(manifest, IsOk());
  const size_t at = manifest->find("\"starts\": ");
  EXPECT_NE(at, std::string::npos);
  return std::atoi(manifest->c_str() + at + 10);
}

TEST(ExecuteRuns, RunsParentsBeforeTheirChildren) {
  const std::string runs = EmptyTestDirectory();
  const RunSpec parent = Tiny(0), child = ChildOf(parent);
  const std::vector<PlannedRun> plan = {In(runs, ChildOf(child)),
                                        In(runs, child), In(runs, Tiny(1)),
                                        In(runs, parent)};
  // More slots than runs that may start at first.
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OneThread(4)));
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_FALSE(result.stopped);
  for (const PlannedRun& run : plan) {
    EXPECT_TRUE(RunDirectory(run.directory).Done()) << run.directory;
  }
}

TEST(ExecuteRuns, FailsTheChildrenOfAFailedRunWithThatReason) {
  const std::string runs = EmptyTestDirectory();
  const RunSpec lost = ChildOf(Tiny(0)), child = ChildOf(lost);
  const std::vector<PlannedRun> plan = {In(runs, child), In(runs, lost),
                                        In(runs, Tiny(1))};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OneThread(1)));
  EXPECT_EQ(result.done, 1);
  EXPECT_THAT(result.failures,
              ElementsAre(AllOf(HasSubstr(RunName(child)),
                                HasSubstr(RunName(lost) + ", failed")),
                          HasSubstr(RunName(lost))));
  EXPECT_THAT(RunDirectory(plan[0].directory).FailureReason(),
              HasSubstr(RunName(lost) + ", failed"));
}

TEST(ExecuteRuns, ARunThatDivergesIsThroughAsAreItsChildren) {
  const std::string runs = EmptyTestDirectory();
  RunSpec diverging = Tiny(0);
  diverging.lr = 1e6;
  diverging.schedule = "constant";
  diverging = CanonicalOf(diverging);
  const RunSpec child = ChildOf(diverging), grandchild = ChildOf(child);
  const std::vector<PlannedRun> plan = {In(runs, grandchild), In(runs, child),
                                        In(runs, diverging), In(runs, Tiny(1))};
  for (int call = 0; call < 2; ++call) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                               ExecuteRuns(plan, OneThread(1)));
    EXPECT_EQ(result.done, 4);
    EXPECT_EQ(result.diverged, 3);
    EXPECT_THAT(result.failures, IsEmpty());
    EXPECT_EQ(StartsOf(plan[2]), 1) << "it was trained again";
  }
  for (const size_t i : {size_t{0}, size_t{1}, size_t{2}}) {
    EXPECT_TRUE(RunDirectory(plan[i].directory).Diverged()) << i;
  }
  EXPECT_THAT(RunDirectory(plan[2].directory).FailureReason(),
              HasSubstr("The loss became"));
  EXPECT_THAT(RunDirectory(plan[1].directory).FailureReason(),
              HasSubstr(RunName(diverging) + ", diverged"));
}

TEST(ExecuteRuns, UsesAParentThatIsThereAlready) {
  const std::string runs = EmptyTestDirectory();
  ASSERT_THAT(ExecuteRuns({In(runs, Tiny(0))}, OneThread(1)), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ExecutionResult result,
      ExecuteRuns({In(runs, ChildOf(Tiny(0)))}, OneThread(1)));
  EXPECT_EQ(result.done, 1);
}

TEST(ExecuteRuns, SaysWhichParentIsNotThere) {
  const std::string runs = EmptyTestDirectory();
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ExecutionResult result,
      ExecuteRuns({In(runs, ChildOf(Tiny(0)))}, OneThread(1)));
  EXPECT_EQ(result.done, 0);
  EXPECT_THAT(result.failures,
              ElementsAre(HasSubstr(
                  absl::StrCat("starts from ", runs, "/", RunName(Tiny(0))))));
}

TEST(ExecuteRuns, DoesNotRepeatAFinishedRun) {
  const std::string runs = EmptyTestDirectory();
  const std::vector<PlannedRun> plan = {In(runs, Tiny(0))};
  ASSERT_THAT(ExecuteRuns(plan, OneThread(1)), IsOk());
  const std::string csv = plan[0].directory + "/metrics.csv";
  const auto written = std::filesystem::last_write_time(csv);
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult again,
                             ExecuteRuns(plan, OneThread(1)));
  EXPECT_EQ(again.done, 1);
  EXPECT_EQ(std::filesystem::last_write_time(csv), written);
}

// A run of some seconds, which is there to be disturbed.
RunSpec Long(int64_t seed, int64_t steps = 6000) {
  RunSpec spec = Tiny(seed);
  spec.steps = steps;
  return CanonicalOf(spec);
}

// The pid of the process that works on the run, once it trains.
pid_t WorkerOf(const PlannedRun& run) {
  const RunDirectory directory(run.directory);
  for (;; usleep(10'000)) {
    if (directory.Done()) std::abort();  // too short to be disturbed
    if (directory.CheckpointSteps().empty() ||
        !FileLock::IsHeld(directory.File(".lock"))) {
      continue;
    }
    const std::string holder = FileLock::Holder(directory.File(".lock"));
    const std::vector<std::string> words = absl::StrSplit(holder, ' ');
    int pid;
    if (words.size() > 1 && absl::SimpleAtoi(words[1], &pid)) return pid;
  }
}

// A fork that executes `plan`; its exit status is the number of runs done, 75
// if it was stopped.
pid_t ExecuteInAProcess(const std::vector<PlannedRun>& plan, int jobs) {
  const pid_t pid = fork();
  if (pid != 0) return pid;
  InstallStopHandlers(absl::Seconds(9));
  const auto result = ExecuteRuns(plan, OneThread(jobs));
  _exit(!result.ok() ? 99 : result->stopped ? 75 : result->done);
}

int StatusOf(pid_t pid) {
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(ExecuteRuns, GoesOnWithoutAWorkerThatVanished) {
  const std::string runs = EmptyTestDirectory();
  const std::vector<PlannedRun> plan = {In(runs, Long(0)), In(runs, Tiny(1))};
  std::thread killer([&] { kill(WorkerOf(plan[0]), SIGKILL); });
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OneThread(2)));
  killer.join();
  EXPECT_EQ(result.done, 1);
  EXPECT_THAT(result.failures,
              ElementsAre(AllOf(HasSubstr(RunName(Long(0))),
                                HasSubstr("killed by signal 9"))));
  EXPECT_THAT(RunDirectory(plan[0].directory).FailureReason(),
              HasSubstr("killed by signal 9"));
  // Called again it goes on from the last checkpoint.
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult again,
                             ExecuteRuns(plan, OneThread(2)));
  EXPECT_EQ(again.done, 2);
  EXPECT_EQ(StartsOf(plan[0]), 2);
  EXPECT_EQ(StartsOf(plan[1]), 1);
}

TEST(ExecuteRuns, ItsWorkersStopWhenItIsKilled) {
  const std::string runs = EmptyTestDirectory();
  const std::vector<PlannedRun> plan = {In(runs, Long(0))};
  const pid_t batch = ExecuteInAProcess(plan, 1);
  WorkerOf(plan[0]);
  kill(batch, SIGKILL);
  EXPECT_EQ(StatusOf(batch), -1);
  // The same command at once: it waits for the worker that is saving.
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, OneThread(1)));
  EXPECT_EQ(result.done, 1);
  EXPECT_EQ(StartsOf(plan[0]), 2);
}

TEST(ExecuteRuns, PassesAStopOn) {
  const std::string runs = EmptyTestDirectory();
  constexpr int64_t kNeverDone = 1'000'000;
  std::vector<PlannedRun> plan;
  for (int seed = 0; seed < 4; ++seed) {
    plan.push_back(In(runs, Long(seed, kNeverDone)));
  }
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    const pid_t batch = ExecuteInAProcess(plan, 2);
    WorkerOf(plan[1]);
    kill(batch, signal);
    EXPECT_EQ(StatusOf(batch), 75) << signal;
    EXPECT_FALSE(FileLock::IsHeld(plan[0].directory + "/.lock"));
    EXPECT_FALSE(FileExists(plan[3].directory + "/manifest.json"));
    EXPECT_EQ(RunDirectory(plan[0].directory).FailureReason(), "");
  }
}

TEST(ExecuteRuns, TwoAtOnceRunEachRunOnce) {
  const std::string runs = EmptyTestDirectory();
  std::vector<PlannedRun> plan;
  for (int seed = 0; seed < 4; ++seed) plan.push_back(In(runs, Tiny(seed)));
  const pid_t first = ExecuteInAProcess(plan, 2);
  const pid_t second = ExecuteInAProcess(plan, 2);
  EXPECT_EQ(StatusOf(first), 4);
  EXPECT_EQ(StatusOf(second), 4);
  for (const PlannedRun& run : plan) {
    EXPECT_EQ(StartsOf(run), 1) << run.directory;
  }
}

TEST(ExecuteRuns, ALockOfADeadProcessIsNoLock) {
  const std::string runs = EmptyTestDirectory();
  const PlannedRun run = In(runs, Tiny(0));
  ASSERT_THAT(RunDirectory(run.directory).Begin(run.spec), IsOk());
  ASSERT_THAT(WriteFileAtomically(run.directory + "/.lock",
                                  "process 1 on another-host"),
              IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns({run}, OneThread(1)));
  EXPECT_EQ(result.done, 1);
}

TEST(ExecuteRuns, RefusesADirectoryOfAnotherSpec) {
  const std::string runs = EmptyTestDirectory();
  PlannedRun run = In(runs, Tiny(0));
  ASSERT_THAT(RunDirectory(run.directory).Begin(run.spec), IsOk());
  run.spec = Tiny(1);
  EXPECT_THAT(ExecuteRuns({run}, OneThread(1)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       HasSubstr("another spec")));
}

TEST(ExecuteRuns, TellsTheManifestHowManyRanSideBySide) {
  const std::string runs = EmptyTestDirectory();
  const std::vector<PlannedRun> plan = {In(runs, Tiny(0)), In(runs, Tiny(1))};
  ASSERT_THAT(ExecuteRuns(plan, OneThread(2)), IsOk());
  const auto manifest = ReadFile(plan[0].directory + "/manifest.json");
  ASSERT_THAT(manifest, IsOk());
  EXPECT_THAT(*manifest, HasSubstr("\"side_by_side\": 2"));
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
  options.device = "auto";
  options.gpus = 4;
  EXPECT_EQ(ChooseSlots(options, 9, 8).jobs, 4);
  EXPECT_EQ(ChooseSlots(options, 9, 8).threads, 2);
  EXPECT_EQ(ChooseSlots(options, 3, 8).jobs, 3);
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) { return nclab::TestOrWork(argc, argv); }
