// Where the bytes of one element of a MATLAB level 5 file come from.
#ifndef NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_SOURCE_H_
#define NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nclab {

// The next bytes of one element, stored as they are or as a zlib stream.
class Matlab5Source {
 public:
  Matlab5Source(const std::string& path, uint64_t offset,
                absl::string_view bytes)
      : path_(path), element_(offset), bytes_(bytes) {}
  virtual ~Matlab5Source() = default;

  // Appends `n` bytes to `out`.
  virtual absl::Status Read(uint64_t n, std::string& out) = 0;
  // Checks that nothing is left.
  virtual absl::Status Finish() = 0;
  // No more than this can follow.
  virtual uint64_t Limit() const = 0;
  virtual std::string Where() const = 0;

  // The error of a file that breaks off or lies at the present place.
  absl::Status Wrong(absl::string_view what) const;
  // The variable that Wrong() names from now on.
  void SetVariable(const std::string& name) { variable_ = name; }

 protected:
  const std::string path_;
  const uint64_t element_;  // offset of the element's contents in the file
  absl::string_view bytes_;
  uint64_t position_ = 0;  // of what was read

 private:
  std::string variable_;
};

// `bytes` are at `offset` of the file `path`, and outlive the source.
std::unique_ptr<Matlab5Source> StoredBytes(const std::string& path,
                                           uint64_t offset,
                                           absl::string_view bytes);
// They are one zlib stream.
std::unique_ptr<Matlab5Source> InflatedBytes(const std::string& path,
                                             uint64_t offset,
                                             absl::string_view bytes);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_SOURCE_H_
