// The members of a zip archive, read in place: .npz files and those of
// torch.save() are such. Nothing is unpacked to the disk.
//
// By minizip of zlib's own sources: it is kept with zlib, reads archives beyond
// 4 GB, and is there already.
#ifndef NCLAB_TOOLS_BASE_FILES_ZIP_FILE_H_
#define NCLAB_TOOLS_BASE_FILES_ZIP_FILE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

struct ZipMember {
  std::string name;
  uint64_t size = 0;    // unpacked
  bool stored = false;  // not compressed
  uint64_t offset = 0;  // of its bytes in the archive, where stored
  // Where the archive's list has it.
  uint64_t place = 0, number = 0;
};

class ZipFile {
 public:
  // \error kNotFound; kInvalidArgument: not a zip archive, truncated,
  // encrypted, of another compression than deflate, with two members of one
  // name or with a name that leads elsewhere ("/a", "../a") or is no text.
  static absl::StatusOr<ZipFile> Open(const std::string& path);

  const std::string& path() const { return path_; }
  // Without directories, in the order of the archive.
  const std::vector<ZipMember>& members() const { return members_; }
  const ZipMember* Find(absl::string_view name) const;  // or nullptr

  // All bytes of a member. \error kInvalidArgument if they are beyond the
  // memory, damaged (by the archive's CRC-32), or not as many as it says.
  absl::StatusOr<std::string> Read(const ZipMember& member) const;

 private:
  ZipFile() = default;

  std::string path_;
  std::vector<ZipMember> members_;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_FILES_ZIP_FILE_H_
