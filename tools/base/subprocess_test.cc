#include "tools/base/subprocess.h"

#include <signal.h>

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
  EXPECT_LE(result.output.size(), 20000);
}

TEST(RunProgram, EndsAProgramThatIsNotWanted) {
  int ticks = 0;
  NCLAB_ASSERT_OK_AND_ASSIGN(const ProgramResult result,
                             RunProgram(
                                 {"sleep", "1000"}, [&] { return ++ticks < 3; },
                                 absl::Milliseconds(1)));
  EXPECT_EQ(result.exit_code, 128 + SIGTERM);
  EXPECT_EQ(ticks, 3);
}

TEST(RunProgram, SaysThatAProgramIsMissing) {
  EXPECT_THAT(RunProgram({"no-such-program-anywhere"}),
              StatusIs(absl::StatusCode::kNotFound,
                       HasSubstr("no-such-program-anywhere is not installed")));
}

}  // namespace
}  // namespace nclab
