// What is submitted, in which order and how often, against stand-ins for
// Slurm's commands: sbatch runs the tasks at once, squeue shows an empty queue.
// The real ones are in //experiments/cli:slurm_test. This test is its own
// worker.
#include <stdlib.h>
#include <sys/stat.h>

#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/execution/emptying.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/testing/test_or_work.h"
#include "experiments/execution/testing/tiny_spec.h"
#include "experiments/records/run_directory.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/process/subprocess.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

class Slurm : public testing::Test {
 protected:
  Slurm() : root_(EmptyTestDirectory()) {
    Command("squeue", "");
    Command("scontrol", "echo 'MaxArraySize            = 3'");
    // Appends its arguments to `calls`; refuses arrays of more than
    // MOST_TASKS tasks; runs the tasks.
    Command("sbatch", R"(
echo "$*" >>"$ROOT/calls"
for word in "$@"; do case $word in --array=0-*) last=${word#--array=0-} ;; esac; done
last=${last%\%*}
if ((last >= ${MOST_TASKS:-1000})); then echo "sbatch: error: too many"; exit 1; fi
id=$(($(cat "$ROOT/id" 2>/dev/null || echo 10) + 1))
echo $id >"$ROOT/id"
for task in $(seq 0 $last); do
  SLURM_ARRAY_TASK_ID=$task bash "${@: -1}" >"$ROOT/slurm/${id}_$task.log" 2>&1
done
echo "sbatch: a warning"
echo $id)");
    setenv("ROOT", root_.c_str(), 1);
    setenv("PATH", absl::StrCat(root_, "/bin:/usr/bin:/bin").c_str(), 1);
    unsetenv("MOST_TASKS");
    options_.device = "cpu";
    options_.threads = 1;
    options_.slurm = true;
    options_.name = "test";
    options_.slurm_directory = root_ + "/slurm";
  }

  void Command(const std::string& name, const std::string& text) {
    const std::string path = absl::StrCat(root_, "/bin/", name);
    std::filesystem::create_directories(root_ + "/bin");
    EXPECT_THAT(WriteFileAtomically(path, "#!/bin/bash\n" + text + "\n"),
                IsOk());
    chmod(path.c_str(), 0755);
  }

  PlannedRun In(const RunSpec& spec) const {
    return {spec, absl::StrCat(root_, "/runs/", RunName(spec))};
  }

  std::vector<std::string> Calls() const {
    const auto calls = ReadFile(root_ + "/calls");
    return absl::StrSplit(calls.value_or(""), '\n', absl::SkipEmpty());
  }

  std::string root_;
  ExecutionOptions options_;
};

TEST_F(Slurm, SplitsWhatIsLargerThanAnArrayAndKeepsTheThrottle) {
  std::vector<PlannedRun> plan;
  for (int seed = 0; seed < 4; ++seed) plan.push_back(In(Tiny(seed)));
  options_.jobs = 2;
  options_.slurm_args = {"--partition=gpu", "--time=10"};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(
      Calls(),
      ElementsAre(
          AllOf(HasSubstr("--array=0-2%2"), HasSubstr("--requeue"),
                HasSubstr("--partition=gpu --time=10"),
                HasSubstr("--job-name=test"), Not(HasSubstr("--dependency"))),
          AllOf(HasSubstr("--array=0-0%2"),
                HasSubstr("--dependency=afterany:11"))));
  // Nothing is submitted again.
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult again,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(again.done, 4);
  EXPECT_EQ(Calls().size(), 2);
}

TEST_F(Slurm, SubmitsChildrenAfterTheirParents) {
  const RunSpec child = ChildOf(Tiny(0));
  const std::vector<PlannedRun> plan = {In(ChildOf(child)), In(child),
                                        In(Tiny(0)), In(Tiny(1))};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(result.done, 4);
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_THAT(Calls(), ElementsAre(AllOf(HasSubstr("--array=0-1 "),
                                         Not(HasSubstr("--dependency"))),
                                   HasSubstr("--dependency=afterany:11"),
                                   HasSubstr("--dependency=afterany:12")));
}

TEST_F(Slurm, SubmitsFewerWhereItMayNotSubmitAll) {
  setenv("MOST_TASKS", "1", 1);
  const std::vector<PlannedRun> plan = {In(Tiny(0)), In(Tiny(1)), In(Tiny(2))};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(result.done, 3);
}

TEST_F(Slurm, CountsWhatDivergedAsThrough) {
  RunSpec diverging = Tiny(0);
  diverging.lr = 1e6;
  diverging.schedule = "constant";
  diverging = CanonicalOf(diverging);
  const RunSpec child = ChildOf(diverging);
  const std::vector<PlannedRun> plan = {In(child), In(diverging), In(Tiny(1))};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(result.done, 3);
  EXPECT_EQ(result.diverged, 2);
  EXPECT_THAT(result.failures, IsEmpty());
  EXPECT_THAT(RunDirectory(In(diverging).directory).FailureReason(),
              HasSubstr("The loss became"));
  EXPECT_THAT(RunDirectory(In(child).directory).FailureReason(),
              HasSubstr(RunName(diverging) + ", diverged"));
}

TEST_F(Slurm, SaysWhatSlurmRemembersOfATaskThatVanished) {
  Command("sbatch", "echo 7");
  Command("scontrol",
          "echo 'JobId=7 JobState=OUT_OF_MEMORY ExitCode=0:125 Reason=x'");
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns({In(Tiny(0))}, options_));
  EXPECT_THAT(
      result.failures,
      ElementsAre(HasSubstr("job 7_0 ended: OUT_OF_MEMORY, exit code 0:125")));
  EXPECT_THAT(RunDirectory(In(Tiny(0)).directory).FailureReason(),
              HasSubstr("OUT_OF_MEMORY"));
}

TEST_F(Slurm, RefusesWithItsWords) {
  Command("sbatch", "echo 'sbatch: error: no such partition' >&2; exit 1");
  EXPECT_THAT(ExecuteRuns({In(Tiny(0)), In(Tiny(1))}, options_),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("no such partition"),
                             HasSubstr("--slurm_args"))));
}

TEST_F(Slurm, LeavesPathsAndArgumentsWhole) {
  Command("sbatch", R"(printf '%s\n' "$@" >>"$ROOT/calls"; echo 7)");
  options_.slurm_directory = root_ + "/100%/%A/it's/slurm";
  options_.slurm_args = {"--comment=two words"};
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns({In(Tiny(0))}, options_));
  EXPECT_THAT(Calls(), Contains("--comment=two words"));
  EXPECT_THAT(Calls(), Contains("--output=" + root_ +
                                "/100%%/%%A/it's/slurm/%A_%a.log"));
  // bash reads the script.
  const std::string script = options_.slurm_directory + "/array-1.sh";
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult bash,
                             RunProgram({"bash", "-n", script}));
  EXPECT_EQ(bash.exit_code, 0) << bash.output;
}

TEST_F(Slurm, EmptiesNoOutputWhoseJobsAreInTheQueue) {
  Command("sbatch", "echo 7; touch $ROOT/submitted");
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns({In(Tiny(0))}, options_));
  EXPECT_EQ(result.failures.size(), 1);  // nobody ran it
  const std::string run = In(Tiny(0)).directory;
  const auto refused = [](const std::string& words) {
    return StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr(words));
  };
  Command("squeue", "echo '7_0|PENDING|Resources'; echo '8_0|RUNNING|None'");
  EXPECT_THAT(EmptyOutput(root_), refused("in Slurm's queue: 7. Wait"));
  Command("squeue", "echo 'cannot contact the controller'; exit 1");
  EXPECT_THAT(EmptyOutput(root_), refused("may still be in the queue"));
  EXPECT_TRUE(DirectoryExists(run));
  EXPECT_FALSE(HasBegunAnew(root_));
  Command("squeue", "echo '8_0|RUNNING|None'");
  EXPECT_THAT(EmptyOutput(root_), IsOk());
  EXPECT_FALSE(DirectoryExists(run));
  EXPECT_FALSE(DirectoryExists(options_.slurm_directory));
  EXPECT_TRUE(HasBegunAnew(root_));
  EndAnew(root_);
  EXPECT_FALSE(HasBegunAnew(root_));
}

TEST_F(Slurm, SaysThatThereIsNone) {
  setenv("PATH", "/nowhere", 1);
  EXPECT_THAT(ExecuteRuns({In(Tiny(0))}, options_),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("squeue"), HasSubstr("no Slurm here"))));
}

TEST_F(Slurm, DoesNotGiveUpWhereTheControllerIsSilentForAWhile) {
  // The second question is not answered.
  Command("squeue", R"(
n=$(($(cat "$ROOT/asked" 2>/dev/null || echo 0) + 1))
echo $n >"$ROOT/asked"
((n != 2)) || { echo "slurm_load_jobs error: Unable to contact"; exit 1; })");
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult result,
                             ExecuteRuns({In(Tiny(0))}, options_));
  EXPECT_EQ(result.done, 1);
}

TEST_F(Slurm, EndsWhereOnlyHeldJobsAreLeft) {
  // Task 0 runs; task 1 cannot be launched; the child waits for both.
  Command("sbatch", R"(
id=$(($(cat "$ROOT/id" 2>/dev/null || echo 10) + 1))
echo $id >"$ROOT/id"
if ((id == 11)); then SLURM_ARRAY_TASK_ID=0 bash "${@: -1}" >/dev/null 2>&1; fi
echo $id)");
  Command("squeue", R"(
(($(cat "$ROOT/id" 2>/dev/null || echo 10) > 10)) || exit 0
echo "11_1|PENDING|launch failed requeued held"
echo "12_0|PENDING|Dependency")");
  options_.slurm_patience = absl::ZeroDuration();
  const std::vector<PlannedRun> plan = {In(Tiny(0)), In(Tiny(1)),
                                        In(ChildOf(Tiny(0)))};
  testing::internal::CaptureStderr();
  const auto result = ExecuteRuns(plan, options_);
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_THAT(result, IsOk());
  EXPECT_EQ(result->done, 1);
  EXPECT_FALSE(result->stopped);
  EXPECT_THAT(
      result->failures,
      ElementsAre(AllOf(HasSubstr(RunName(Tiny(1))), HasSubstr("job 11_1 is "),
                        HasSubstr("launch failed requeued held")),
                  HasSubstr("job 12_0 waits for jobs")));
  EXPECT_THAT(said, HasSubstr("job 11_1 will not start: PENDING, launch "
                              "failed requeued held (scontrol show job 11_1"));
  EXPECT_THAT(said, HasSubstr("2 runs are left"));
  EXPECT_THAT(said, HasSubstr("scontrol release 11 "));
  // They are Slurm's still: not failed, and not submitted again.
  EXPECT_EQ(RunDirectory(In(Tiny(1)).directory).FailureReason(), "");
  NCLAB_ASSERT_OK_AND_ASSIGN(const ExecutionResult again,
                             ExecuteRuns(plan, options_));
  EXPECT_EQ(again.failures.size(), 2);
  EXPECT_EQ(ReadFile(root_ + "/id").value_or(""), "12\n");
}

TEST_F(Slurm, WaitsForANodeThatIsDownAndSaysSoOnce) {
  Command("sbatch", "echo 11; touch $ROOT/submitted");
  Command("scontrol", "echo 'JobState=CANCELLED ExitCode=0:0'");
  // Down for two polls, then its turn in one, then gone.
  Command("squeue", R"(
[[ -e $ROOT/submitted ]] || exit 0
n=$(($(cat "$ROOT/asked" 2>/dev/null || echo 0) + 1))
echo $n >"$ROOT/asked"
case $n in
  1 | 2) echo "11_0|PENDING|ReqNodeNotAvail, UnavailableNodes:n1" ;;
  3) echo "11_0|PENDING|Priority" ;;
esac)");
  options_.slurm_patience = absl::ZeroDuration();
  testing::internal::CaptureStderr();
  const auto result = ExecuteRuns({In(Tiny(0))}, options_);
  const std::string said = testing::internal::GetCapturedStderr();
  ASSERT_THAT(result, IsOk());
  EXPECT_THAT(result->failures, ElementsAre(HasSubstr("CANCELLED")));
  const std::string words =
      "job 11_0 cannot start now: PENDING, ReqNodeNotAvail, "
      "UnavailableNodes:n1 (scontrol show job 11_0 and sinfo -R say more)";
  const size_t at = said.find(words);
  ASSERT_NE(at, std::string::npos) << said;
  EXPECT_EQ(said.find(words, at + 1), std::string::npos);
  EXPECT_THAT(said, Not(HasSubstr("will not start")));
  EXPECT_THAT(said, Not(HasSubstr("now: PENDING, Priority")));
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) { return nclab::TestOrWork(argc, argv); }
