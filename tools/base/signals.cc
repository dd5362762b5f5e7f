#include "tools/base/signals.h"

#include <signal.h>
#include <unistd.h>

#include <initializer_list>

namespace nclab {
namespace {

volatile sig_atomic_t stop_requested = 0;
volatile sig_atomic_t interrupted = 0;

void OnStop(int signal) {
  if (signal == SIGINT) {
    if (interrupted) _exit(130);
    interrupted = 1;
  }
  stop_requested = 1;
}

}  // namespace

void InstallStopHandlers() {
  struct sigaction action = {};
  action.sa_handler = OnStop;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  for (const int signal : {SIGTERM, SIGINT, SIGUSR1}) {
    sigaction(signal, &action, nullptr);
  }
}

bool StopRequested() { return stop_requested != 0; }

}  // namespace nclab
