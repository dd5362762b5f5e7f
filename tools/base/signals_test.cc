#include "tools/base/signals.h"

#include <signal.h>
#include <unistd.h>

#include "gtest/gtest.h"

namespace nclab {
namespace {

// Each in a child process of its own: what a signal raised stays raised.
class SignalsDeathTest : public testing::TestWithParam<int> {};

TEST_P(SignalsDeathTest, OneSignalRaisesTheFlagAndEndsNothing) {
  EXPECT_EXIT(
      {
        InstallStopHandlers();
        if (StopRequested()) _exit(1);
        raise(GetParam());
        _exit(StopRequested() ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

INSTANTIATE_TEST_SUITE_P(All, SignalsDeathTest,
                         testing::Values(SIGTERM, SIGINT, SIGUSR1));

TEST(SignalsDeathTest, ASecondSigintEndsTheProcess) {
  EXPECT_EXIT(
      {
        InstallStopHandlers();
        raise(SIGINT);
        raise(SIGINT);
        _exit(1);
      },
      testing::ExitedWithCode(130), "");
}

TEST(SignalsDeathTest, ASecondSigtermOnlyAsksAgain) {
  EXPECT_EXIT(
      {
        InstallStopHandlers();
        raise(SIGTERM);
        raise(SIGTERM);
        _exit(StopRequested() ? 7 : 1);
      },
      testing::ExitedWithCode(7), "");
}

}  // namespace
}  // namespace nclab
