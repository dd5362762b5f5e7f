#include "tools/base/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

extern char** environ;

namespace nclab {

absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& argv,
                                         const std::function<bool()>& tick,
                                         absl::Duration interval,
                                         size_t max_output) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "Cannot start ", argv[0], ": ", std::strerror(errno), "."));
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null",
                                   O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO);
  std::vector<char*> args;
  for (const std::string& arg : argv) {
    args.push_back(const_cast<char*>(arg.c_str()));
  }
  args.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, args[0], &actions, nullptr, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    if (error == ENOENT) {
      return absl::NotFoundError(
          absl::StrCat("The program ", argv[0], " is not installed."));
    }
    return absl::FailedPreconditionError(absl::StrCat(
        "Cannot start ", argv[0], ": ", std::strerror(error), "."));
  }

  ProgramResult result;
  bool asked_to_end = false;
  pollfd waiting = {ends[0], POLLIN, 0};
  const int timeout = static_cast<int>(absl::ToInt64Milliseconds(interval));
  // The pipe ends when the program does.
  for (;;) {
    const int ready = poll(&waiting, 1, timeout);
    if (ready < 0 && errno != EINTR) break;
    if (ready > 0) {
      char buffer[4096];
      const ssize_t n = read(ends[0], buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      result.output.append(buffer, static_cast<size_t>(n));
      if (result.output.size() > 2 * max_output) {
        result.output.erase(0, result.output.size() - max_output);
      }
      continue;
    }
    if (tick && !asked_to_end && !tick()) {
      asked_to_end = true;
      kill(pid, SIGTERM);
    }
  }
  close(ends[0]);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  result.exit_code =
      WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
  return result;
}

}  // namespace nclab
