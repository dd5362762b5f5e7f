// Between tensors and the plain numbers that statistics keep.
#ifndef NCLAB_METRICS_STATISTICS_SUMS_TENSOR_ARRAY_H_
#define NCLAB_METRICS_STATISTICS_SUMS_TENSOR_ARRAY_H_

#include <ATen/core/Tensor.h>
#include <ATen/ops/from_blob.h>

#include <cstdint>
#include <vector>

#include "metrics/statistics/kept/array.h"

namespace nclab {

// Of an int64 or fp64 tensor, on any device.
inline Array ToArray(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.cpu().contiguous();
  const std::vector<int64_t> shape = whole.sizes().vec();
  if (whole.scalar_type() == at::kLong) {
    const int64_t* data = whole.const_data_ptr<int64_t>();
    return Array(shape, std::vector<int64_t>(data, data + whole.numel()));
  }
  const double* data = whole.const_data_ptr<double>();
  return Array(shape, std::vector<double>(data, data + whole.numel()));
}

// Borrows the numbers of `array`, which outlives it; on the CPU.
inline at::Tensor Borrow(const Array& array) {
  void* data =
      array.is_integer()
          ? const_cast<int64_t*>(array.integers().data())
          : static_cast<void*>(const_cast<double*>(array.reals().data()));
  return at::from_blob(
      data, array.shape(),
      at::TensorOptions(array.is_integer() ? at::kLong : at::kDouble));
}

// The means of `moments` [K, D] in fp64, borrowed, on the CPU.
template <typename Moments>
at::Tensor BorrowMeans(const Moments& moments) {
  return at::from_blob(const_cast<double*>(moments.mean.data()),
                       {moments.classes(), moments.dim},
                       at::TensorOptions(at::kDouble));
}

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_TENSOR_ARRAY_H_
