#include "datasets/sums.h"

#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

// Writes `bytes` to the standard input of a program and returns the word that
// it answers. "" if it cannot be started or fails.
std::string FirstWordOf(std::vector<const char*> argv,
                        absl::string_view bytes) {
  int ends[2];  // ours, the program's standard input and output
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return "";
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  argv.push_back(nullptr);
  pid_t pid = 0;
  const int failed =
      posix_spawnp(&pid, argv[0], &actions, nullptr,
                   const_cast<char* const*>(argv.data()), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string answer;
  if (failed == 0) {
    while (!bytes.empty()) {
      const ssize_t n = send(ends[0], bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      bytes.remove_prefix(static_cast<size_t>(n));
    }
    shutdown(ends[0], SHUT_WR);
    char buffer[256];
    for (;;) {
      const ssize_t n = read(ends[0], buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n <= 0) break;
      answer.append(buffer, static_cast<size_t>(n));
    }
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    if (status != 0) answer.clear();
  }
  close(ends[0]);
  return answer.substr(0, answer.find(' '));
}

// By openssl where there is one, since it uses the processor's instructions;
// by coreutils otherwise.
// Of the file `path`, or of `bytes` where that is nullptr.
absl::StatusOr<std::string> Digest(const char* openssl_option,
                                   const char* program, size_t digits,
                                   const char* path, absl::string_view bytes) {
  std::vector<const char*> argv = {"openssl", "dgst", openssl_option, "-r"};
  if (path != nullptr) argv.push_back(path);
  std::string hex = FirstWordOf(argv, bytes);
  if (hex.size() != digits) {
    argv = {program};
    if (path != nullptr) argv.push_back(path);
    hex = FirstWordOf(argv, bytes);
  }
  if (hex.size() == digits) return hex;
  if (path != nullptr && access(path, R_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("Cannot read ", path, ": ", std::strerror(errno)));
  }
  return absl::InternalError(
      absl::StrCat("Cannot compute a check sum: neither the program openssl "
                   "nor ",
                   program, " (coreutils) answered. Install one of them."));
}

}  // namespace

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  return Digest("-sha256", "sha256sum", 64, nullptr, bytes);
}

absl::StatusOr<std::string> Md5(absl::string_view bytes) {
  return Digest("-md5", "md5sum", 32, nullptr, bytes);
}

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  return Digest("-sha256", "sha256sum", 64, path.c_str(), "");
}

}  // namespace nclab
