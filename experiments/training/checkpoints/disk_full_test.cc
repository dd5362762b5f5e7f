// A disk that is full at any write. This program has its own write(), which
// fails with ENOSPC after a number of bytes; and where the kernel lets it, the
// same on a small tmpfs.
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/training/testing/tiny_run.h"
#include "gtest/gtest.h"
#include "tools/testing/test_directory.h"

namespace {

constexpr int64_t kNoEnd = std::numeric_limits<int64_t>::max();
int64_t space_left = kNoEnd;

}  // namespace

extern "C" ssize_t write(int fd, const void* data, size_t size) {
  if (space_left != kNoEnd && fd > 2) {
    if (size > 0 && space_left == 0) {
      errno = ENOSPC;
      return -1;
    }
    size = std::min(size, static_cast<size_t>(space_left));
    space_left -= static_cast<int64_t>(size);
  }
  return syscall(SYS_write, fd, data, size);
}

namespace nclab {
namespace {

namespace fs = std::filesystem;

RunOptions Busy(const std::string& directory) {
  RunOptions options = TinyOptions(directory);
  options.checkpoint_every = absl::Milliseconds(5);
  options.device = "cpu";  // CUDA is of no use after a fork
  return options;
}

// Exit status of a fork in which `work` answers it.
template <typename Work>
int InAProcess(const Work& work) {
  const pid_t pid = fork();
  if (pid == 0) _exit(work());
  int status = 0;
  waitpid(pid, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

// 0: finished; 3: the disk is full, which the message says; 1: anything else.
int Attempt(const std::string& directory) {
  const auto outcome = Train(TinySpec(), Busy(directory));
  if (outcome.ok()) return 0;
  const std::string message(outcome.status().message());
  if (absl::IsResourceExhausted(outcome.status()) &&
      absl::StrContains(message, directory) &&
      absl::StrContains(message, "No space left on device")) {
    return 3;
  }
  std::fprintf(stderr, "%s\n", outcome.status().ToString().c_str());
  return 1;
}

TEST(DiskFull, AtAnyWriteItSaysSoAndGoesOnWhenThereIsRoom) {
  const std::string root = EmptyTestDirectory();
  ASSERT_EQ(InAProcess([&] { return Attempt(root + "/undisturbed"); }), 0);
  const std::string expected = ResultsOf(root + "/undisturbed");
  int full = 0;
  bool finished = false;
  for (int64_t space = 10; !finished; space += space / 4 + 1499) {
    const std::string directory = absl::StrCat(root, "/run", space);
    const int status = InAProcess([&] {
      space_left = space;
      return Attempt(directory);
    });
    ASSERT_TRUE(status == 0 || status == 3) << space << ": " << status;
    finished = status == 0;
    full += status == 3;
    ASSERT_EQ(FileExists(directory + "/DONE"), finished);
    ASSERT_EQ(InAProcess([&] { return Attempt(directory); }), 0) << space;
    ASSERT_TRUE(ResultsOf(directory) == expected) << space;
    ASSERT_FALSE(DirectoryExists(directory + "/damaged")) << space;
    fs::remove_all(directory);
  }
  std::printf("full at %d places\n", full);
  EXPECT_GE(full, 15);
}

void Put(const char* path, const std::string& text) {
  const int fd = open(path, O_WRONLY);
  if (write(fd, text.data(), text.size()) < 0) std::perror(path);
  close(fd);
}

// In a mount namespace of this process's own; without root, as root of a user
// namespace.
bool MountTmpfs(const std::string& place, const char* options) {
  const uid_t uid = getuid();
  const gid_t gid = getgid();
  if (unshare(CLONE_NEWNS) != 0) {
    if (unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
    Put("/proc/self/setgroups", "deny");
    Put("/proc/self/uid_map", absl::StrCat("0 ", uid, " 1"));
    Put("/proc/self/gid_map", absl::StrCat("0 ", gid, " 1"));
  }
  return mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
         mount("none", place.c_str(), "tmpfs", 0, options) == 0;
}

TEST(DiskFull, OnASmallTmpfsToo) {
  const std::string root = EmptyTestDirectory();
  constexpr int kNotAllowed = 9;
  const int status = InAProcess([&] {
    if (!MountTmpfs(root, "size=64k")) return kNotAllowed;
    if (Attempt(root + "/run") != 3) return 1;
    if (fs::exists(root + "/run/DONE")) return 2;
    if (mount("none", root.c_str(), "tmpfs", MS_REMOUNT, "size=64m") != 0) {
      return 4;
    }
    if (Attempt(root + "/run") != 0) return 5;
    return BytesOf(root + "/run/metrics.csv").empty() ? 6 : 0;
  });
  if (status == kNotAllowed) {
    std::printf("mounting is not allowed here: only the test above holds\n");
  } else {
    EXPECT_EQ(status, 0);
  }
}

}  // namespace
}  // namespace nclab
