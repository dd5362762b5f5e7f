// Files and directories with Status answers. Nothing is left half-written.
#ifndef NCLAB_TOOLS_BASE_FILES_FILES_H_
#define NCLAB_TOOLS_BASE_FILES_FILES_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace nclab {

// Writes beside `path` (a name that starts with a dot), syncs, renames, and
// syncs the directory: after a crash `path` holds the old or the new bytes.
// Where `path` is a symbolic link, what it points to is replaced, not the link.
// \error kInvalidArgument if something is there that is no file; else as
// SystemError() (full, read-only, ...).
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::string_view contents);

// The same, of pieces one after another.
absl::Status WriteFileAtomically(const std::string& path,
                                 absl::Span<const absl::string_view> pieces);

// Moves the finished file `temporary` to `path`, syncing file and directory.
absl::Status CommitFile(const std::string& temporary, const std::string& path);

// The name beside `path` under which this process of this host writes it before
// CommitFile(): it starts with a dot, ends with ".tmp", and is no longer than
// names may be there.
std::string TemporaryName(const std::string& path);

// Asked before the work: whether `outputs` can be written. Each is a file, is
// behind links to one, or is not there yet; and it is none of the files
// `inputs` (absent ones do not count), by whatever name.
// \error kInvalidArgument says which, and what is in the way;
// kPermissionDenied if a link leads to where nothing can be written.
absl::Status CheckOutputFiles(const std::vector<std::string>& outputs,
                              const std::vector<std::string>& inputs = {});

// Opens a regular file; never waits, as opening a FIFO would.
// \error kNotFound if there is no such file; kInvalidArgument if it is a
// directory, a FIFO, a device; kFailedPrecondition if it cannot be read.
absl::StatusOr<int> OpenForReading(const std::string& path);

// \error as OpenForReading().
absl::StatusOr<std::string> ReadFile(const std::string& path);

bool FileExists(const std::string& path);  // a regular file
bool DirectoryExists(const std::string& path);

// Creates `path` and its parents, and checks that files can be made in it.
// \error as SystemError() if the disk is full or failed; else
// kPermissionDenied.
absl::Status MakeWritableDirectory(const std::string& path);

// `path` made absolute against the directory the user stands in: under
// `bazel run` that is $BUILD_WORKING_DIRECTORY, not the process's own. `~` and
// `~user` in front are home directories, as in a shell. Names the file that the
// kernel means by `path`: `link/..` is above where the link leads.
std::string UserPath(absl::string_view path);

// $XDG_CACHE_HOME/nclab or ~/.cache/nclab.
std::string UserCacheDirectory();

// The path of a file among this program's runfiles, such as
// "mnist/train-images-idx3-ubyte" (external repositories first, then this
// workspace); "" if it is not there.
std::string Runfile(absl::string_view path);

// `Cannot DOING PATH: reason` of errno: kResourceExhausted if the disk or the
// quota is full, kUnavailable if the disk failed, else kFailedPrecondition.
absl::Status SystemError(absl::string_view doing, const std::string& path);

// Writes all of it to an open file; `path` is for the message.
absl::Status WriteAll(int fd, absl::string_view contents,
                      const std::string& path);

// Reads `size` bytes of an open file from `offset` on; threads may share it.
// \error kDataLoss if the file ends before; else as SystemError().
absl::Status ReadAt(int fd, uint64_t offset, uint64_t size, void* out,
                    const std::string& path);

// Exclusive advisory lock on a file; released when destroyed or when the
// process ends, however it ends. On a file system without locks it keeps nobody
// out, which Acquire() says once on standard error. Not copyable.
class FileLock {
 public:
  FileLock() = default;
  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  ~FileLock();

  // While another process holds it, asks `give_up` and waits as long as that
  // answers no. \error kFailedPrecondition if another process holds it still;
  // names process and host.
  static absl::StatusOr<FileLock> Acquire(
      const std::string& path,
      const std::function<bool()>& give_up = [] { return true; });

  // Whether some process holds it now; makes no file.
  static bool IsHeld(const std::string& path);

  // The last that took it: "process 12 on host"; "" if nobody ever has.
  static std::string Holder(const std::string& path);

 private:
  int fd_ = -1;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_FILES_FILES_H_
