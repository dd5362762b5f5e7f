#include "tools/base/process/subprocess.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"

extern char** environ;

namespace nclab {
namespace {

// Not copyable; closes its descriptor.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() { Close(); }

  int get() const { return fd_; }
  void Set(int fd) {
    Close();
    fd_ = fd;
  }
  void Close() {
    if (fd_ >= 0) close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

absl::Status CannotStart(const std::string& program, int error) {
  if (error == ENOENT) {
    return absl::NotFoundError(
        absl::StrCat("The program ", program, " is not installed."));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("Cannot start ", program, ": ", std::strerror(error), "."));
}

// Of a clock that nobody sets.
absl::Duration Now() {
  return absl::FromChrono(std::chrono::steady_clock::now().time_since_epoch());
}

// A running program, its end of the streams, and what it has said so far.
class Running {
 public:
  explicit Running(const ProgramOptions& options) : options_(options) {}

  absl::Status Start(const std::vector<std::string>& argv) {
    int out[2];
    if (pipe2(out, O_CLOEXEC) != 0) return CannotStart(argv[0], errno);
    output_.Set(out[0]);
    const Descriptor its_output(out[1]);
    fcntl(out[0], F_SETFL, O_NONBLOCK);
    NCLAB_ASSIGN_OR_RETURN(
        pid_,
        StartProgram(argv, {-1, its_output.get(),
                            options_.with_errors ? its_output.get() : -1}));
    return absl::OkStatus();
  }

  ProgramResult Finish() {
    absl::Duration tick = Now() + options_.interval;
    for (;;) {
      const bool ended = HasEnded();
      Receive();
      if (ended) break;
      if (Now() >= tick) {
        Tick();
        tick = Now() + options_.interval;
      }
      Wait(tick - Now());
    }
    const size_t size = result_.output.size();
    result_.output.erase(0, size - std::min(size, options_.max_output));
    return std::move(result_);
  }

 private:
  bool HasEnded() {
    int status = 0;
    const pid_t pid = waitpid(pid_, &status, WNOHANG);
    if (pid == 0 || (pid < 0 && errno == EINTR)) return false;
    result_.exit_code = pid < 0               ? 1  // somebody else waited
                        : WIFSIGNALED(status) ? 128 + WTERMSIG(status)
                                              : WEXITSTATUS(status);
    return true;
  }

  // What is there now, but not more than a program without end may write.
  void Receive() {
    char buffer[1 << 16];
    for (int i = 0; i < 16 && output_.get() >= 0; ++i) {
      const ssize_t n = read(output_.get(), buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n <= 0) {
        output_.Close();
        return;
      }
      result_.output.append(buffer, static_cast<size_t>(n));
      const size_t size = result_.output.size();
      if (size > 2 * options_.max_output + sizeof(buffer)) {
        result_.output.erase(0, size - options_.max_output);
      }
    }
  }

  void Tick() {
    if (asked_ && Now() - *asked_ >= options_.grace) kill(pid_, SIGKILL);
    if (asked_ || !options_.tick || options_.tick()) return;
    asked_ = Now();
    kill(pid_, SIGTERM);
  }

  // Until something happens. The end of a program closes its output; where a
  // process that it left holds that, it is seen a little later.
  void Wait(absl::Duration at_most) const {
    const absl::Duration step = absl::Milliseconds(output_.get() < 0 ? 2 : 50);
    const int timeout = static_cast<int>(absl::ToInt64Milliseconds(
        std::clamp(at_most, absl::ZeroDuration(), step)));
    pollfd output = {output_.get(), POLLIN, 0};
    poll(&output, 1, timeout);
  }

  const ProgramOptions& options_;
  pid_t pid_ = 0;
  Descriptor output_;
  std::optional<absl::Duration> asked_;  // to end
  ProgramResult result_ = {};
};

}  // namespace

absl::StatusOr<pid_t> StartProgram(const std::vector<std::string>& argv,
                                   const ProgramStreams& streams,
                                   bool own_group) {
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const int fds[] = {streams.input, streams.output, streams.errors};
  for (int i = 0; i < 3; ++i) {
    if (fds[i] >= 0) {
      posix_spawn_file_actions_adddup2(&actions, fds[i], i);
    } else {
      posix_spawn_file_actions_addopen(&actions, i, "/dev/null",
                                       i == 0 ? O_RDONLY : O_WRONLY, 0);
    }
  }
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // What this process ignores is not the other's to ignore.
  sigset_t defaults;
  sigemptyset(&defaults);
  sigaddset(&defaults, SIGPIPE);
  sigaddset(&defaults, SIGXFSZ);
  posix_spawnattr_setsigdefault(&attributes, &defaults);
  posix_spawnattr_setpgroup(&attributes, 0);
  posix_spawnattr_setflags(
      &attributes, static_cast<short>(POSIX_SPAWN_SETSIGDEF |
                                      (own_group ? POSIX_SPAWN_SETPGROUP : 0)));
  std::vector<char*> args;
  for (const std::string& arg : argv) {
    args.push_back(const_cast<char*>(arg.c_str()));
  }
  args.push_back(nullptr);
  pid_t pid = 0;
  const int error =
      posix_spawnp(&pid, args[0], &actions, &attributes, args.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (error != 0) return CannotStart(argv[0], error);
  return pid;
}

int WaitForEnd(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return status;
}

std::string DescribeEnd(int status) {
  if (!WIFSIGNALED(status)) {
    return absl::StrCat("ended with status ", WEXITSTATUS(status));
  }
  const int signal = WTERMSIG(status);
  return absl::StrCat(
      "was killed by signal ", signal, " (", strsignal(signal), ")",
      signal == SIGKILL ? "; out of memory is a common cause" : "");
}

absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& argv,
                                         const ProgramOptions& options) {
  Running program(options);
  NCLAB_RETURN_IF_ERROR(program.Start(argv));
  return program.Finish();
}

}  // namespace nclab
