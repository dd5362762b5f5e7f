#include "tools/base/process/subprocess.h"

#include <signal.h>

#include <chrono>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::HasSubstr;

TEST(RunProgram, GivesExitCodeAndOutput) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ProgramResult result,
      RunProgram({"sh", "-c", "echo out; echo err >&2; exit 3"}));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_EQ(result.output, "out\nerr\n");
}

TEST(RunProgram, PassesArgumentsAsTheyAre) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result,
                             RunProgram({"printf", "%s|", "a b", "'$HOME'"}));
  EXPECT_EQ(result.exit_code, 0);
  EXPECT_EQ(result.output, "a b|'$HOME'|");
}

TEST(RunProgram, GivesAnEmptyInput) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result, RunProgram({"cat"}));
  EXPECT_EQ(result.output, "");
}

TEST(RunProgram, KeepsTheEndOfALongOutput) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ProgramResult result,
      RunProgram({"sh", "-c", "yes | head -c 1000000; echo end"}));
  EXPECT_THAT(result.output, testing::EndsWith("y\nend\n"));
  EXPECT_EQ(result.output.size(), 10000);
}

TEST(RunProgram, EndsAProgramThatIsNotWanted) {
  int ticks = 0;
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ProgramResult result,
      RunProgram({"sleep", "1000"}, {.tick = [&] { return ++ticks < 3; },
                                     .interval = absl::Milliseconds(1)}));
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_EQ(ticks, 3);
}

TEST(RunProgram, KillsAProgramThatDoesNotListen) {
  const auto before = signal(SIGTERM, SIG_IGN);  // the program inherits it
  const absl::StatusOr<ProgramResult> ended =
      RunProgram({"sleep", "1000"}, {.tick = [] { return false; },
                                     .interval = absl::Milliseconds(1),
                                     .grace = absl::Milliseconds(1)});
  signal(SIGTERM, before);
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result, ended);
  EXPECT_EQ(result.exit_code, 128 + SIGKILL);
}

TEST(RunProgram, AsksAlsoWhileOutputComes) {
  int ticks = 0;
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ProgramResult result,
      RunProgram({"yes"}, {.tick = [&] { return ++ticks < 3; },
                           .interval = absl::Milliseconds(1)}));
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_EQ(ticks, 3);
}

TEST(RunProgram, DoesNotWaitForWhatTheProgramLeavesBehind) {
  const auto start = std::chrono::steady_clock::now();
  // Its own child holds the pipe.
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const ProgramResult result,
      RunProgram({"sh", "-c", "sleep 100 & echo $!; exit 3"}));
  EXPECT_EQ(result.exit_code, 3);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  kill(std::stoi(result.output), SIGKILL);
}

TEST(RunProgram, LeavesStandardErrorOut) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result,
                             RunProgram({"sh", "-c", "echo out; echo err >&2"},
                                        {.with_errors = false}));
  EXPECT_EQ(result.output, "out\n");
}

TEST(WaitForEnd, AnswersHowTheProgramEnded) {
  const auto end = [](const std::string& script) {
    const absl::StatusOr<pid_t> pid = StartProgram({"sh", "-c", script}, {});
    EXPECT_THAT(pid, IsOk());
    return DescribeEnd(WaitForEnd(pid.value_or(-1)));
  };
  EXPECT_EQ(end("exit 3"), "ended with status 3");
  EXPECT_EQ(end("kill -9 $$"),
            "was killed by signal 9 (Killed); out of memory is a common cause");
}

TEST(RunProgram, SaysThatAProgramIsMissing) {
  EXPECT_THAT(RunProgram({"no-such-program-anywhere"}),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("no-such-program-anywhere is not installed")));
}

}  // namespace
}  // namespace nclab
