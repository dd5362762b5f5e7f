// A tensor in a file, read row by row.
#ifndef NCLAB_TOOLS_BASE_TENSORS_TENSOR_SOURCE_H_
#define NCLAB_TOOLS_BASE_TENSORS_TENSOR_SOURCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tools/base/files/safetensors.h"

namespace nclab {

// Reads bytes [offset, offset + size) of something to `out`.
using ByteReader =
    std::function<absl::Status(uint64_t offset, uint64_t size, void* out)>;

struct OpenedBytes {
  uint64_t size = 0;
  ByteReader read;  // keeps the file open
};

// \error as OpenForReading().
absl::StatusOr<OpenedBytes> OpenBytes(const std::string& path);

class TensorSource {
 public:
  // Tensor `entry` of an open safetensors file.
  TensorSource(std::shared_ptr<const SafetensorsReader> file,
               const SafetensorsEntry& entry);

  // An .npy file (versions 1 to 3, either order of indices and of bytes).
  // \error kNotFound; kInvalidArgument: which part of the header is wrong, or
  // that the file's size is not what the header says.
  static absl::StatusOr<TensorSource> OpenNpy(const std::string& path);

  // The same of `size` bytes of anything; kUnimplemented for a type of numbers
  // that is none of safetensors'.
  static absl::StatusOr<TensorSource> FromNpy(std::string description,
                                              uint64_t size, ByteReader read);

  // Numbers at `strides` from one another, as many as `shape`; byte 0 of `read`
  // is the first. What is not in C order is read whole and kept.
  static TensorSource Strided(std::string description, std::string dtype,
                              std::vector<int64_t> shape,
                              const std::vector<int64_t>& strides,
                              ByteReader read);

  // "F.safetensors, tensor 'labels'", for messages.
  const std::string& description() const { return description_; }
  const std::string& dtype() const { return dtype_; }  // as in safetensors
  const std::vector<int64_t>& shape() const { return shape_; }
  int64_t rows() const { return shape_.empty() ? 1 : shape_[0]; }
  int64_t row_bytes() const { return row_bytes_; }
  bool is_floating() const;
  bool is_integer() const;

  // Rows [begin, end) as stored, in one read; all of a scalar. \error
  // kInvalidArgument for a dtype that LibTorch lacks, or beyond the memory;
  // kDataLoss if the file has become shorter.
  absl::StatusOr<at::Tensor> Rows(int64_t begin, int64_t end) const;
  absl::StatusOr<at::Tensor> All() const { return Rows(0, rows()); }

  // Rows [begin, end) of a floating tensor, F16 and BF16 as fp32. \error as
  // Rows().
  absl::StatusOr<at::Tensor> Floats(int64_t begin, int64_t end) const;

  // All of a tensor of integers or truth values as int64.
  // \error kInvalidArgument if a number does not fit.
  absl::StatusOr<std::vector<int64_t>> Integers() const;

 private:
  TensorSource() = default;
  void SetLayout();

  std::string description_, dtype_;
  std::vector<int64_t> shape_;
  int64_t numel_ = 0;
  int64_t row_bytes_ = 0;
  ByteReader read_;
};

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_TENSOR_SOURCE_H_
