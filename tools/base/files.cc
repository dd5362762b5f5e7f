#include "tools/base/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "tools/base/status_macros.h"
#include "tools/cpp/runfiles/runfiles.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Syncs a file or a directory that is already written.
absl::Status Sync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", path);
  const bool synced = fsync(fd) == 0;
  const absl::Status status =
      synced ? absl::OkStatus() : SystemError("sync", path);
  close(fd);
  return status;
}

std::string DirectoryOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

}  // namespace

absl::Status SystemError(absl::string_view doing, const std::string& path) {
  const bool full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
  const std::string message =
      absl::StrCat("Cannot ", doing, " ", path, ": ", std::strerror(errno));
  return full ? absl::ResourceExhaustedError(message)
              : absl::FailedPreconditionError(message);
}

absl::Status WriteAll(int fd, absl::string_view contents,
                      const std::string& path) {
  while (!contents.empty()) {
    const ssize_t n = write(fd, contents.data(), contents.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("write", path);
    contents.remove_prefix(static_cast<size_t>(n));
  }
  return absl::OkStatus();
}

std::string TemporaryName(const std::string& path) {
  const fs::path p(path);
  return (p.parent_path() /
          absl::StrCat(".", p.filename().string(), ".", getpid(), ".tmp"))
      .string();
}

absl::Status CommitFile(const std::string& temporary, const std::string& path) {
  NCLAB_RETURN_IF_ERROR(Sync(temporary));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return SystemError("rename to", path);
  }
  return Sync(DirectoryOf(path));
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view contents) {
  const std::string temporary = TemporaryName(path);
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError("write", path);
  absl::Status status = WriteAll(fd, contents, path);
  if (close(fd) != 0 && status.ok()) status = SystemError("write", path);
  if (status.ok()) status = CommitFile(temporary, path);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return absl::NotFoundError(absl::StrCat("There is no file ", path, "."));
    }
    return SystemError("open", path);
  }
  std::string contents;
  struct stat info;
  absl::Status status;
  if (fstat(fd, &info) != 0) {
    status = SystemError("read", path);
  } else if (S_ISDIR(info.st_mode)) {
    status = absl::InvalidArgumentError(
        absl::StrCat(path, " is a directory; expected a file."));
  } else {
    contents.reserve(static_cast<size_t>(info.st_size));
    char buffer[1 << 16];
    for (;;) {
      const ssize_t n = read(fd, buffer, sizeof(buffer));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) status = SystemError("read", path);
      if (n <= 0) break;
      contents.append(buffer, static_cast<size_t>(n));
    }
  }
  close(fd);
  if (!status.ok()) return status;
  return contents;
}

bool FileExists(const std::string& path) {
  std::error_code error;
  return fs::is_regular_file(path, error);
}

bool DirectoryExists(const std::string& path) {
  std::error_code error;
  return fs::is_directory(path, error);
}

absl::Status MakeWritableDirectory(const std::string& path) {
  std::error_code error;
  fs::create_directories(path, error);
  if (error || !DirectoryExists(path)) {
    return absl::PermissionDeniedError(absl::StrCat(
        "Cannot make the directory ", path, ": ",
        error ? error.message() : "a file of that name is in the way",
        ". Choose a place that you may write to."));
  }
  // access() answers yes to root even on a read-only file system; try.
  const std::string probe = absl::StrCat(path, "/.nclab-probe.", getpid());
  const int fd = open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return absl::PermissionDeniedError(
        absl::StrCat("Cannot write in ", path, ": ", std::strerror(errno),
                     ". Choose a place that you may write to."));
  }
  close(fd);
  unlink(probe.c_str());
  return absl::OkStatus();
}

std::string UserPath(absl::string_view path) {
  fs::path p{std::string(path)};
  if (p.is_absolute()) return p.lexically_normal().string();
  const char* base = std::getenv("BUILD_WORKING_DIRECTORY");
  std::error_code error;
  const fs::path from =
      base != nullptr ? fs::path(base) : fs::current_path(error);
  return (from / p).lexically_normal().string();
}

std::string UserCacheDirectory() {
  if (const char* cache = std::getenv("XDG_CACHE_HOME");
      cache != nullptr && cache[0] == '/') {
    return absl::StrCat(cache, "/nclab");
  }
  const char* home = std::getenv("HOME");
  return absl::StrCat(home != nullptr && home[0] == '/' ? home : "/tmp",
                      "/.cache/nclab");
}

std::string Runfile(absl::string_view path) {
  using bazel::tools::cpp::runfiles::Runfiles;
  static const Runfiles* const runfiles = [] {
    std::error_code error;
    const std::string self = fs::read_symlink("/proc/self/exe", error).string();
    std::string message;
    Runfiles* created = Runfiles::Create(self, &message);
    if (created == nullptr) created = Runfiles::CreateForTest(&message);
    return created;
  }();
  if (runfiles == nullptr) return "";
  for (const absl::string_view prefix : {"", "nclab/"}) {
    const std::string found = runfiles->Rlocation(absl::StrCat(prefix, path));
    std::error_code error;
    if (!found.empty() && fs::exists(found, error)) return found;
  }
  return "";
}

FileLock::FileLock(FileLock&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

FileLock::~FileLock() {
  if (fd_ >= 0) close(fd_);
}

bool FileLock::IsHeld(const std::string& path) {
  FileLock lock;
  lock.fd_ = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  return lock.fd_ >= 0 && flock(lock.fd_, LOCK_SH | LOCK_NB) != 0 &&
         errno == EWOULDBLOCK;
}

std::string FileLock::Holder(const std::string& path) {
  const absl::StatusOr<std::string> holder = ReadFile(path);
  return holder.ok() ? *holder : "";
}

absl::StatusOr<FileLock> FileLock::Acquire(
    const std::string& path, const std::function<bool()>& give_up) {
  FileLock lock;
  lock.fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (lock.fd_ < 0) return SystemError("open", path);
  // IsHeld() of another process holds it for a moment, which does not count.
  for (int tries = 0; flock(lock.fd_, LOCK_EX | LOCK_NB) != 0; ++tries) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return SystemError("lock", path);
    if (tries >= 2 && give_up()) {
      const std::string holder = Holder(path);
      return absl::FailedPreconditionError(
          absl::StrCat(DirectoryOf(path), " is in use by ",
                       holder.empty() ? "an unknown process" : holder,
                       ". Wait until it has finished, or stop it."));
    }
    usleep(100'000);
  }
  char host[256] = "";
  gethostname(host, sizeof(host) - 1);
  const std::string holder = absl::StrCat("process ", getpid(), " on ", host);
  if (ftruncate(lock.fd_, 0) != 0) return SystemError("write", path);
  // Only a help for people: a full disk does not matter here.
  (void)WriteAll(lock.fd_, holder, path);
  return lock;
}

}  // namespace nclab
