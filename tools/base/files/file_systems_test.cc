// File systems that lack a call: CIFS does not sync directories, Lustre mounted
// without it has no flock(). The calls of the C library are replaced.
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace {
// What the calls answer; 0: what the system does.
int flock_errno = 0, directory_errno = 0, file_errno = 0;
}  // namespace

extern "C" int flock(int fd, int operation) noexcept {
  errno = flock_errno;
  if (flock_errno != 0) return -1;
  return static_cast<int>(syscall(SYS_flock, fd, operation));
}

extern "C" int fsync(int fd) {
  struct stat info;
  const bool directory = fstat(fd, &info) == 0 && S_ISDIR(info.st_mode);
  errno = directory ? directory_errno : file_errno;
  if (errno != 0) return -1;
  return static_cast<int>(syscall(SYS_fsync, fd));
}

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

// The lines on standard error that `action` makes.
template <typename Action>
std::string Words(const Action& action) {
  testing::internal::CaptureStderr();
  action();
  return testing::internal::GetCapturedStderr();
}

// One process says each lack once, so one test has it all.
TEST(FileSystems, WithoutACallAreUsedAndNamedOnce) {
  const std::string path = EmptyTestDirectory() + "/file";
  std::string words = Words([&] {
    for (const int lack : {EINVAL, ENOTSUP, ENOSYS, EACCES, EPERM, EBADF}) {
      directory_errno = lack;
      EXPECT_THAT(WriteFileAtomically(path, "text"), IsOk()) << lack;
    }
    directory_errno = 0;
  });
  EXPECT_THAT(words, HasSubstr("does not sync directories"));
  EXPECT_EQ(std::count(words.begin(), words.end(), '\n'), 1) << words;

  words = Words([&] {
    for (const int lack : {ENOSYS, EOPNOTSUPP, ENOLCK, EINVAL}) {
      flock_errno = lack;
      NCLAB_ASSERT_OK_AND_ASSIGN(const FileLock lock, FileLock::Acquire(path));
      EXPECT_FALSE(FileLock::IsHeld(path));
      EXPECT_THAT(FileLock::Holder(path), HasSubstr("process "));
    }
    flock_errno = 0;
  });
  EXPECT_THAT(words, HasSubstr("has no locks"));
  EXPECT_EQ(std::count(words.begin(), words.end(), '\n'), 1) << words;
}

TEST(FileSystems, ThatFailAreNotTakenForOnesThatLackACall) {
  const std::string path = EmptyTestDirectory() + "/file";
  directory_errno = EIO;
  EXPECT_THAT(WriteFileAtomically(path, "text"),
              StatusIs(StatusCode::kUnavailable, HasSubstr("Cannot sync")));
  directory_errno = 0;
  file_errno = ENOSPC;
  EXPECT_THAT(WriteFileAtomically(path, "text"),
              StatusIs(StatusCode::kResourceExhausted, HasSubstr(path)));
  file_errno = 0;
  flock_errno = EIO;
  EXPECT_THAT(FileLock::Acquire(path),
              StatusIs(StatusCode::kUnavailable, HasSubstr("Cannot lock")));
  flock_errno = 0;
}

}  // namespace
}  // namespace nclab
