// A floating matrix in a file, visited in blocks of rows.
#ifndef NCLAB_METRICS_FEATURES_READERS_ROW_READER_H_
#define NCLAB_METRICS_FEATURES_READERS_ROW_READER_H_

#include <ATen/core/Tensor.h>

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensors/tensor_source.h"

namespace nclab {

// Keeps a small tensor whole between passes. Not copyable: visitors refer to
// it.
class RowReader {
 public:
  // `source` [N, D] outlives this.
  explicit RowReader(const TensorSource& source) : source_(source) {}
  RowReader(const RowReader&) = delete;
  RowReader& operator=(const RowReader&) = delete;

  int64_t rows() const { return source_.rows(); }
  int64_t dim() const { return source_.shape()[1]; }

  // body(rows [B, D], index of the first).
  template <typename Body>
  absl::Status Visit(const Body& body) {
    const int64_t n = rows();
    const int64_t step = std::max<int64_t>(
        1, kBlockBytes / std::max<int64_t>(1, source_.row_bytes()));
    if (!whole_.defined() && n * source_.row_bytes() <= kKeepBytes) {
      NCLAB_ASSIGN_OR_RETURN(whole_, source_.Floats(0, n));
    }
    for (int64_t i = 0; i < n; i += step) {
      const int64_t end = std::min(n, i + step);
      if (whole_.defined()) {
        body(whole_.slice(0, i, end), i);
      } else {
        NCLAB_ASSIGN_OR_RETURN(const at::Tensor rows, source_.Floats(i, end));
        body(rows, i);
      }
    }
    return absl::OkStatus();
  }

  // Why sums over this matrix are not finite: the first NaN or infinity, or
  // that squares overflow. \error kInvalidArgument always, or what reading
  // says.
  absl::Status NotFinite();

  // `largest`: about the size of the largest number of this matrix.
  // \error kInvalidArgument if squares of squares, which metrics form, would
  // leave the range of fp64 with it.
  absl::Status InRange(double largest) const;

 private:
  // Bytes of a block of rows, and of a tensor that is kept whole.
  static constexpr int64_t kBlockBytes = 8 << 20;
  static constexpr int64_t kKeepBytes = 64 << 20;

  const TensorSource& source_;
  at::Tensor whole_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_READERS_ROW_READER_H_
