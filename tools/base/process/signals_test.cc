#include "tools/base/process/signals.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <functional>

#include "gtest/gtest.h"
#include "tools/base/errors.h"

namespace nclab {
namespace {

// Waits for the flag; the handlers' own end comes first where there is one.
[[noreturn]] void ExitWhenAsked() {
  while (!StopRequested()) usleep(1000);
  _exit(3);
}

// Exit status of a process that does `work`, 256 + n if signal n ended it.
int StatusOf(const std::function<void()>& work) {
  const pid_t pid = fork();
  if (pid == 0) {
    work();
    _exit(0);
  }
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFSIGNALED(status) ? 256 + WTERMSIG(status) : WEXITSTATUS(status);
}

class Signals : public testing::TestWithParam<int> {};

TEST_P(Signals, RaisesTheFlagAndNoMore) {
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers();
              if (StopRequested()) _exit(4);
              raise(GetParam());
              ExitWhenAsked();
            }),
            3);
}

TEST_P(Signals, EndsWith75WhereNobodyActsUponIt) {
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers(absl::Seconds(1));
              raise(GetParam());
              for (;;) pause();
            }),
            kExitStopped);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

INSTANTIATE_TEST_SUITE_P(All, Signals,
                         testing::Values(SIGTERM, SIGINT, SIGUSR1, SIGHUP,
                                         SIGPIPE));

TEST(Signals, AHangupThatIsIgnoredStaysSo) {
  EXPECT_EQ(StatusOf([] {
              signal(SIGHUP, SIG_IGN);  // as nohup does
              InstallStopHandlers();
              raise(SIGHUP);
              if (StopRequested()) _exit(4);
            }),
            0);
}

TEST(Signals, ASecondInterruptEndsAtOnce) {
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers();
              raise(SIGINT);
              raise(SIGINT);
            }),
            130);
}

TEST(Signals, ASecondTermDoesNot) {
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers();
              raise(SIGTERM);
              raise(SIGTERM);
              raise(SIGINT);
              ExitWhenAsked();
            }),
            3);
}

TEST(StopAfter, RaisesTheFlagWhenTheTimeIsUp) {
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers();
              StopAfter(absl::Milliseconds(50));
              if (StopRequested()) _exit(4);
              ExitWhenAsked();
            }),
            3);
}

TEST(StopWithParent, AsksWhenTheParentHasEnded) {
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  EXPECT_EQ(StatusOf([&] {
              const pid_t parent = getpid();
              int ready[2];
              if (pipe(ready) != 0) _exit(5);
              if (fork() == 0) {
                InstallStopHandlers();
                StopWithParent(parent);
                if (write(ready[1], "r", 1) != 1) _exit(5);
                while (!StopRequested()) usleep(1000);
                _exit(write(ends[1], "s", 1) == 1 ? 0 : 5);
              }
              char byte;
              if (read(ready[0], &byte, 1) != 1) _exit(5);
              raise(SIGKILL);
            }),
            256 + SIGKILL);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 1);
  EXPECT_EQ(byte, 's');
}

TEST(StopWithParent, AsksAtOnceWhereItHasEndedAlready) {
  EXPECT_EQ(StatusOf([] {
              InstallStopHandlers();
              StopWithParent(1 << 30);
              ExitWhenAsked();
            }),
            3);
}

}  // namespace
}  // namespace nclab
