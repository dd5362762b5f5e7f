#include "tools/base/process/signals.h"

#include <signal.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <initializer_list>

#include "tools/base/errors.h"

namespace nclab {
namespace {

volatile sig_atomic_t stop_requested = 0;
volatile sig_atomic_t interrupted = 0;
unsigned grace_seconds = 0;

// Only what a signal handler may do.
void OnStop(int signal) {
  if (signal == SIGINT) {
    if (interrupted) _exit(130);
    interrupted = 1;
  }
  if (!stop_requested) alarm(grace_seconds);
  stop_requested = 1;
}

void OnOverdue(int) {
  constexpr char kWords[] =
      "\nstopped before the step ended: the same command goes on from the last "
      "checkpoint\n";
  [[maybe_unused]] const ssize_t n =
      write(STDERR_FILENO, kWords, sizeof(kWords) - 1);
  _exit(kExitStopped);
}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action = {};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  sigaction(signal, &action, nullptr);
}

}  // namespace

void InstallStopHandlers(absl::Duration grace) {
  grace_seconds =
      static_cast<unsigned>(std::max<int64_t>(1, absl::ToInt64Seconds(grace)));
  Handle(SIGALRM, OnOverdue);
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1, SIGPIPE}) {
    Handle(signal, OnStop);
  }
  struct sigaction hangup = {};
  sigaction(SIGHUP, nullptr, &hangup);
  if (hangup.sa_handler != SIG_IGN) Handle(SIGHUP, OnStop);
}

void StopAfter(absl::Duration limit) {
  sigevent event = {};
  event.sigev_notify = SIGEV_SIGNAL;
  event.sigev_signo = SIGUSR1;
  timer_t timer;
  itimerspec at = {};
  at.it_value = absl::ToTimespec(limit);
  if (timer_create(CLOCK_MONOTONIC, &event, &timer) != 0 ||
      timer_settime(timer, 0, &at, nullptr) != 0) {
    raise(SIGUSR1);  // No timer: rather too early than too late.
  }
}

bool StopRequested() { return stop_requested != 0; }

void StopWithParent(int parent) {
  prctl(PR_SET_PDEATHSIG, SIGINT);
  if (getppid() != parent) raise(SIGINT);
}

}  // namespace nclab
