// The safetensors file format, read and written in parts, without LibTorch.
//
//   bytes 0..7  u64 little-endian N, the size of the header
//   N bytes     JSON: name -> {dtype, shape, data_offsets}, "__metadata__"
//   the rest    tensor data, little-endian, C order, no holes
// Source: the format page of the safetensors project.
#ifndef NCLAB_TOOLS_BASE_FILES_SAFETENSORS_H_
#define NCLAB_TOOLS_BASE_FILES_SAFETENSORS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

struct SafetensorsEntry {
  std::string name;
  std::string dtype;  // "F32", "BF16", "I64", ...
  std::vector<int64_t> shape;
  uint64_t begin = 0;  // from the start of the data
  uint64_t end = 0;    // exclusive

  int64_t numel() const;
};

// Bits per element of a dtype of the format; 0 if this reader knows none such.
int SafetensorsDtypeBits(absl::string_view dtype);

// Bytes per element; 0 where it is not made of whole bytes, or not known.
int SafetensorsDtypeSize(absl::string_view dtype);

// The metadata key of a checksum over the whole file: the CRC-32 (zlib's) of
// all its bytes with this value read as 00000000, as eight hex digits.
inline constexpr char kChecksumKey[] = "nclab.crc32";

// An open file whose header was checked in full against the file's size. Of a
// tensor whose dtype is not known only the place is checked: who never asks for
// it may read the others.
class SafetensorsReader {
 public:
  // \error kNotFound, kInvalidArgument (not such a file: says which number or
  // tensor is wrong, found and expected; a device or a FIFO).
  static absl::StatusOr<SafetensorsReader> Open(const std::string& path);

  SafetensorsReader(SafetensorsReader&& other) noexcept;
  SafetensorsReader& operator=(SafetensorsReader&& other) noexcept;
  ~SafetensorsReader();

  // Sorted by name.
  const std::vector<SafetensorsEntry>& entries() const { return entries_; }
  const SafetensorsEntry* Find(absl::string_view name) const;  // or nullptr
  // "a, b, c" for messages; of many the first ones and their number.
  std::string Names() const;
  const std::map<std::string, std::string>& metadata() const {
    return metadata_;
  }
  const std::string& path() const { return path_; }

  // Reads bytes [offset, offset + size) of the tensor's data.
  // \error kDataLoss if the file has become shorter.
  absl::Status Read(const SafetensorsEntry& entry, uint64_t offset,
                    uint64_t size, void* out) const;

  // \error kDataLoss if the file was changed anywhere since it was written, or
  // carries no checksum (see kChecksumKey).
  absl::Status VerifyChecksum() const;

 private:
  SafetensorsReader() = default;

  std::string path_;
  int fd_ = -1;
  uint64_t data_start_ = 0;
  uint64_t file_size_ = 0;
  std::vector<SafetensorsEntry> entries_;
  std::map<std::string, std::string> metadata_;
};

struct SafetensorsTensor {
  std::string name;
  std::string dtype;
  std::vector<int64_t> shape;
  const void* data = nullptr;  // numel * size bytes, C order
};

// Writes atomically, in the order of the reference writer (descending dtype
// size, then name), so equal tensors give equal bytes. Where `metadata` has
// kChecksumKey (with any value), its value becomes the checksum.
absl::Status WriteSafetensors(
    const std::string& path, std::vector<SafetensorsTensor> tensors,
    const std::map<std::string, std::string>& metadata = {});

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_FILES_SAFETENSORS_H_
