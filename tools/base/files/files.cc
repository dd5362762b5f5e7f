#include "tools/base/files/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Says once in this process what the file system of `path` cannot do.
void SayOnce(std::atomic<bool>& said, const std::string& path,
             absl::string_view lack, absl::string_view consequence) {
  const char* reason = std::strerror(errno);
  if (said.exchange(true)) return;
  std::fprintf(stderr, "warning: the file system of %s %s (%s): %s\n",
               path.c_str(), std::string(lack).c_str(), reason,
               std::string(consequence).c_str());
}

// Whether errno says that the system has no such call for this file.
bool IsUnsupported() {
  return errno == EINVAL || errno == ENOSYS || errno == ENOTSUP ||
         errno == EOPNOTSUPP || errno == ENOTTY || errno == EBADF;
}

std::string DirectoryOf(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

// Syncs `file`, which is already written; `path` is for the message.
absl::Status SyncFile(const std::string& file, const std::string& path) {
  const int fd = open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError("open", file);
  absl::Status status;
  if (fsync(fd) != 0 && !IsUnsupported()) status = SystemError("sync", path);
  close(fd);
  return status;
}

// Syncs the names in a directory, where its file system can: CIFS and others
// have no fsync for it, and a directory may be closed to readers.
absl::Status SyncDirectory(const std::string& path) {
  static std::atomic<bool> said{false};
  const int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  absl::Status status;
  if (fd < 0 || fsync(fd) != 0) {
    if (errno == EIO || errno == ENOSPC || errno == EDQUOT) {
      status = SystemError("sync", path);
    } else {
      SayOnce(said, path, "does not sync directories",
              "after a power cut the newest files may be missing");
    }
  }
  if (fd >= 0) close(fd);
  return status;
}

// Where the symbolic links end that `path` itself (not its directories) is.
std::string BehindLinks(std::string path) {
  std::error_code error;
  for (int links = 0; links < 40 && fs::is_symlink(path, error); ++links) {
    const fs::path target = fs::read_symlink(path, error);
    if (error) break;
    path = (fs::path(path).parent_path() / target).string();
  }
  return path;
}

std::string HostName() {
  char host[HOST_NAME_MAX + 1] = "";
  gethostname(host, sizeof(host) - 1);
  return host;
}

// "" if it is a regular file.
absl::string_view KindOf(mode_t mode) {
  return S_ISREG(mode)                    ? ""
         : S_ISDIR(mode)                  ? "a directory"
         : S_ISFIFO(mode)                 ? "a pipe (FIFO)"
         : S_ISSOCK(mode)                 ? "a socket"
         : S_ISCHR(mode) || S_ISBLK(mode) ? "a device"
                                          : "no file";
}

// What is at `path`, if anything, is a regular file, perhaps behind links.
absl::Status CheckIsFileOrAbsent(const std::string& path) {
  struct stat info;
  if (stat(path.c_str(), &info) != 0) {
    if (errno != ELOOP) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat(path, " is a link to itself. Name another file."));
  }
  const absl::string_view kind = KindOf(info.st_mode);
  if (kind.empty()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat(path, " is ", kind,
                   ", which is not overwritten; expected "
                   "the name of a file, new or to be replaced."));
}

}  // namespace

absl::Status SystemError(absl::string_view doing, const std::string& path) {
  const int code = errno;
  const std::string message =
      absl::StrCat("Cannot ", doing, " ", path, ": ", std::strerror(code));
  switch (code) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return absl::ResourceExhaustedError(message);
    case EIO:
      return absl::UnavailableError(message);
    default:
      return absl::FailedPreconditionError(message);
  }
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

absl::Status ReadAt(int fd, uint64_t offset, uint64_t size, void* out,
                    const std::string& path) {
  for (char* to = static_cast<char*>(out); size > 0;) {
    const ssize_t n = pread(fd, to, size, static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return SystemError("read", path);
    if (n == 0) {
      return absl::DataLossError(
          absl::StrCat(path, " ended at byte ", offset, " while it was read."));
    }
    to += n;
    offset += static_cast<uint64_t>(n);
    size -= static_cast<uint64_t>(n);
  }
  return absl::OkStatus();
}

std::string TemporaryName(const std::string& path) {
  const fs::path p(path);
  std::string name = p.filename().string();
  const std::string host = absl::StrReplaceAll(HostName(), {{"/", "-"}});
  std::string end = absl::StrCat(".", host, ".", getpid(), ".tmp");
  const long most = pathconf(DirectoryOf(path).c_str(), _PC_NAME_MAX);
  const size_t room = static_cast<size_t>(most > 0 ? most : NAME_MAX);
  if (1 + name.size() + end.size() > room) {
    // Names that begin alike stay apart.
    end = absl::StrCat(".", absl::Hex(std::hash<std::string>()(name)), end);
    size_t cut = room - std::min(room, 1 + end.size());
    while (cut > 0 && (name[cut] & 0xC0) == 0x80) --cut;  // UTF-8 stays whole
    name.resize(cut);
  }
  return (p.parent_path() / absl::StrCat(".", name, end)).string();
}

absl::Status CommitFile(const std::string& temporary, const std::string& path) {
  NCLAB_RETURN_IF_ERROR(CheckIsFileOrAbsent(path));
  NCLAB_RETURN_IF_ERROR(SyncFile(temporary, path));
  if (rename(temporary.c_str(), path.c_str()) != 0) {
    return SystemError("rename to", path);
  }
  return SyncDirectory(DirectoryOf(path));
}

absl::Status CheckOutputFiles(const std::vector<std::string>& outputs,
                              const std::vector<std::string>& inputs) {
  std::map<std::pair<dev_t, ino_t>, std::string> there;
  struct stat info;
  for (const std::string& output : outputs) {
    if (absl::EndsWith(output, "/")) {
      return absl::InvalidArgumentError(absl::StrCat(
          output, " names a directory; expected the name of a file."));
    }
    NCLAB_RETURN_IF_ERROR(CheckIsFileOrAbsent(output));
    if (stat(output.c_str(), &info) == 0) {
      there[{info.st_dev, info.st_ino}] = output;
    }
    const std::string target = BehindLinks(output);
    if (target != output) {
      NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(DirectoryOf(target)));
    }
  }
  for (const std::string& input : inputs) {
    if (there.empty() || stat(input.c_str(), &info) != 0) continue;
    const auto same = there.find({info.st_dev, info.st_ino});
    if (same == there.end()) continue;
    return absl::InvalidArgumentError(absl::StrCat(
        "The output ", same->second, " is ",
        same->second == input ? "" : absl::StrCat(input, ", "),
        "one of the inputs, which is not overwritten. Name another output."));
  }
  return absl::OkStatus();
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view contents) {
  return WriteFileAtomically(path, absl::MakeConstSpan(&contents, 1));
}

absl::Status WriteFileAtomically(const std::string& path,
                                 absl::Span<const absl::string_view> pieces) {
  NCLAB_RETURN_IF_ERROR(CheckIsFileOrAbsent(path));
  const std::string target = BehindLinks(path);
  const std::string temporary = TemporaryName(target);
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError("write", path);
  absl::Status status;
  for (const absl::string_view piece : pieces) {
    if (status.ok()) status = WriteAll(fd, piece, path);
  }
  if (close(fd) != 0 && status.ok()) status = SystemError("write", path);
  if (status.ok()) status = CommitFile(temporary, target);
  if (!status.ok()) unlink(temporary.c_str());
  return status;
}

absl::StatusOr<int> OpenForReading(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  struct stat info;
  if (fd < 0) {
    if (errno == ENOENT || errno == ENOTDIR) {
      return absl::NotFoundError(absl::StrCat("There is no file ", path, "."));
    }
    if (errno != ENXIO && errno != ENODEV) return SystemError("open", path);
  }
  // A socket, or a device that is away, cannot even be opened.
  const int found = fd < 0 ? stat(path.c_str(), &info) : fstat(fd, &info);
  absl::Status status;
  if (found != 0) {
    status = SystemError("read", path);
  } else if (const absl::string_view kind = KindOf(info.st_mode);
             !kind.empty()) {
    status = absl::InvalidArgumentError(
        absl::StrCat(path, " is ", kind, "; expected a regular file."));
  } else if (fd >= 0) {
    return fd;
  } else {
    status = SystemError("open", path);
  }
  if (fd >= 0) close(fd);
  return status;
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  NCLAB_ASSIGN_OR_RETURN(const int fd, OpenForReading(path));
  std::string contents;
  struct stat info;
  if (fstat(fd, &info) == 0) {
    contents.reserve(static_cast<size_t>(info.st_size));
  }
  absl::Status status;
  char buffer[1 << 16];
  for (;;) {
    const ssize_t n = read(fd, buffer, sizeof(buffer));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) status = SystemError("read", path);
    if (n <= 0) break;
    contents.append(buffer, static_cast<size_t>(n));
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
    errno = error.value();
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO) {
      return SystemError("make the directory", path);
    }
    return absl::PermissionDeniedError(absl::StrCat(
        "Cannot make the directory ", path, ": ",
        error ? error.message() : "a file of that name is in the way",
        ". Choose a place that you may write to."));
  }
  // access() answers yes to root even on a read-only file system; try.
  const std::string probe = TemporaryName(path + "/nclab-probe");
  const int fd = open(probe.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    if (errno == ENOSPC || errno == EDQUOT || errno == EIO) {
      return SystemError("write in", path);
    }
    return absl::PermissionDeniedError(
        absl::StrCat("Cannot write in ", path, ": ", std::strerror(errno),
                     ". Choose a place that you may write to."));
  }
  close(fd);
  unlink(probe.c_str());
  return absl::OkStatus();
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
    if (IsUnsupported() || errno == ENOLCK) {
      static std::atomic<bool> said{false};
      SayOnce(said, path, "has no locks",
              "let no other process use that directory at the same time");
      break;
    }
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
  const std::string holder =
      absl::StrCat("process ", getpid(), " on ", HostName());
  if (ftruncate(lock.fd_, 0) != 0) return SystemError("write", path);
  // Only a help for people: a full disk does not matter here.
  (void)WriteAll(lock.fd_, holder, path);
  return lock;
}

}  // namespace nclab
