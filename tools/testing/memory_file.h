// Bytes as a file with a path, without a disk: for fuzzing what opens files.
#ifndef NCLAB_TOOLS_TESTING_MEMORY_FILE_H_
#define NCLAB_TOOLS_TESTING_MEMORY_FILE_H_

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

namespace nclab {

// Aborts if the system has no room. Not copyable.
class MemoryFile {
 public:
  MemoryFile(const uint8_t* data, size_t size)
      : fd_(memfd_create("nclab", MFD_CLOEXEC)) {
    if (fd_ < 0 || write(fd_, data, size) != static_cast<ssize_t>(size)) {
      std::abort();
    }
  }
  MemoryFile(const MemoryFile&) = delete;
  MemoryFile& operator=(const MemoryFile&) = delete;
  ~MemoryFile() { close(fd_); }

  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  const int fd_;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_MEMORY_FILE_H_
