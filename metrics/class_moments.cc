#include "metrics/class_moments.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <vector>

namespace nclab {
namespace {

// Columns are summed in blocks of fixed width, each by one thread over all
// rows, so that the order of additions is the same for any number of threads.
constexpr int64_t kBlock = 128;

// Compiled for each of these processors; the one at hand is chosen at start-up.
#define NCLAB_CLONES \
  __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))

// Eight numbers in vector registers, whatever their width on this processor.
// The order of additions is thereby written down, not left to the compiler.
typedef double Vector __attribute__((vector_size(64)));
typedef float FloatVector __attribute__((vector_size(32)));

__attribute__((always_inline)) inline Vector Load(const double* from) {
  Vector v;
  __builtin_memcpy(&v, from, sizeof(v));
  return v;
}
__attribute__((always_inline)) inline Vector Load(const float* from) {
  FloatVector v;
  __builtin_memcpy(&v, from, sizeof(v));
  return __builtin_convertvector(v, Vector);
}

// Adds eight columns of one row to `sum`, returns their squares.
template <typename T>
__attribute__((always_inline)) inline Vector AddVector(const T* h,
                                                       const double* shift,
                                                       double* sum) {
  const Vector z = Load(h) - Load(shift);
  const Vector total = Load(sum) + z;
  __builtin_memcpy(sum, &total, sizeof(total));
  return z * z;
}

// Accumulates one block of columns of one row, returns its |h - shift|^2.
template <typename T>
__attribute__((always_inline)) inline double AddRow(const T* h,
                                                    const double* shift,
                                                    double* sum,
                                                    int64_t width) {
  // Four chains of additions, so that none waits for the one before.
  Vector squares[4] = {};
  int64_t d = 0;
  for (; d + 32 <= width; d += 32) {
#pragma GCC unroll 4
    for (int64_t k = 0; k < 4; ++k) {
      squares[k] +=
          AddVector(h + d + 8 * k, shift + d + 8 * k, sum + d + 8 * k);
    }
  }
  for (; d + 8 <= width; d += 8)
    squares[0] += AddVector(h + d, shift + d, sum + d);
  Vector all = (squares[0] + squares[1]) + (squares[2] + squares[3]);
  for (; d < width; ++d) {
    const double z = static_cast<double>(h[d]) - shift[d];
    sum[d] += z;
    all[d % 8] += z * z;
  }
  return ((all[0] + all[1]) + (all[2] + all[3])) +
         ((all[4] + all[5]) + (all[6] + all[7]));
}

// One block of columns of all rows of a batch.
struct Block {
  int64_t stride;  // of the rows of features
  const int64_t* labels;
  int64_t rows;
  int64_t classes;
  int64_t dim;
  const double* shift;
  double* sum;
  double* square;
  int64_t blocks;
};

// Rows of shift and sum lie dim * 8 bytes apart, often a multiple of 4096, so
// that the classes' blocks compete for the same few cache lines. They are moved
// side by side for the length of a batch (not where there are more classes than
// samples to spread the cost over).
template <typename T>
__attribute__((always_inline)) inline void AddBlock(const T* features,
                                                    const Block& in,
                                                    int64_t block) {
  const int64_t first = block * kBlock;
  const int64_t width = std::min(kBlock, in.dim - first);
  const double* shift = in.shift + first;
  double* sum = in.sum + first;
  int64_t stride = in.dim;
  static thread_local std::vector<double> packed;
  const bool pack = in.classes * 4 <= in.rows;
  if (pack) {
    packed.resize(static_cast<size_t>(2 * in.classes * width));
    for (int64_t c = 0; c < in.classes; ++c) {
      std::copy_n(shift + c * in.dim, width, packed.data() + c * width);
      std::copy_n(sum + c * in.dim, width,
                  packed.data() + (in.classes + c) * width);
    }
    shift = packed.data();
    sum = packed.data() + in.classes * width;
    stride = width;
  }
  for (int64_t i = 0; i < in.rows; ++i) {
    const int64_t c = in.labels[i];
    in.square[c * in.blocks + block] +=
        AddRow(features + i * in.stride + first, shift + c * stride,
               sum + c * stride, width);
  }
  if (pack) {
    for (int64_t c = 0; c < in.classes; ++c) {
      std::copy_n(sum + c * width, width, in.sum + c * in.dim + first);
    }
  }
}

NCLAB_CLONES void AddBlockOf(const float* features, const Block& in,
                             int64_t block) {
  AddBlock(features, in, block);
}
NCLAB_CLONES void AddBlockOf(const double* features, const Block& in,
                             int64_t block) {
  AddBlock(features, in, block);
}

template <typename T>
void AddOnCpu(const T* features, const Block& in) {
  at::parallel_for(0, in.blocks, 1, [&](int64_t begin, int64_t end) {
    for (int64_t block = begin; block < end; ++block) {
      AddBlockOf(features, in, block);
    }
  });
}

}  // namespace

ClassMoments::ClassMoments(int64_t classes, int64_t dim, at::Device device)
    : classes_(classes), dim_(dim) {
  const at::TensorOptions options =
      at::TensorOptions(at::kDouble).device(device);
  count_ = at::zeros({classes}, options.dtype(at::kLong));
  shift_ = at::zeros({classes, dim}, options);
  sum_ = at::zeros({classes, dim}, options);
  square_ = at::zeros({classes, (dim + kBlock - 1) / kBlock}, options);
}

// Gives classes seen for the first time the shift of their first sample, and
// counts. Without a transfer: the first row of each class is the least index.
void ClassMoments::SetShifts(const at::Tensor& features,
                             const at::Tensor& labels) {
  const int64_t rows = features.size(0);
  const at::Tensor index = at::arange(rows, labels.options());
  at::Tensor first = at::full({classes_}, rows, labels.options());
  first.scatter_reduce_(0, labels, index, "amin");
  const at::Tensor is_new = (count_ == 0) & (first < rows);
  const at::Tensor candidates =
      features.index_select(0, first.clamp_max(rows - 1)).to(at::kDouble);
  shift_ = at::where(is_new.unsqueeze(1), candidates, shift_);
  count_.scatter_add_(0, labels, at::full({rows}, 1, labels.options()));
}

void ClassMoments::Add(const at::Tensor& features, const at::Tensor& labels) {
  const bool has_kernel = features.scalar_type() == at::kFloat ||
                          features.scalar_type() == at::kDouble;
  if (!features.is_cpu() || !has_kernel) {
    AddByTensorOperations(features, labels);
    return;
  }
  if (features.size(0) == 0) return;
  SetShifts(features, labels);
  const at::Tensor rows =
      features.stride(1) == 1 || dim_ == 1 ? features : features.contiguous();
  const at::Tensor classes = labels.contiguous();
  const auto run = [&](const auto* data) {
    AddOnCpu(data,
             {rows.stride(0), classes.const_data_ptr<int64_t>(), rows.size(0),
              classes_, dim_, shift_.const_data_ptr<double>(),
              sum_.mutable_data_ptr<double>(),
              square_.mutable_data_ptr<double>(), square_.size(1)});
  };
  if (rows.scalar_type() == at::kFloat) {
    run(rows.const_data_ptr<float>());
  } else {
    run(rows.const_data_ptr<double>());
  }
}

void ClassMoments::AddByTensorOperations(const at::Tensor& features,
                                         const at::Tensor& labels) {
  if (features.size(0) == 0) return;
  SetShifts(features, labels);
  const at::Tensor z =
      features.to(at::kDouble) - shift_.index_select(0, labels);
  // Sums per class as a product with the one-hot labels: index_add_ would
  // leave the order of additions to the device.
  const at::Tensor one_hot =
      (labels.unsqueeze(0) ==
       at::arange(classes_, labels.options()).unsqueeze(1))
          .to(at::kDouble);
  sum_ += one_hot.matmul(z);
  square_.select(1, 0) += one_hot.mv((z * z).sum(1));
}

Moments ClassMoments::Finish() const {
  const at::Tensor count = count_.cpu(), shift = shift_.cpu(), sum = sum_.cpu(),
                   square = square_.sum(1).cpu();
  const double* shifts = shift.const_data_ptr<double>();
  const double* sums = sum.const_data_ptr<double>();
  Moments moments;
  moments.dim = dim_;
  moments.count.assign(count.const_data_ptr<int64_t>(),
                       count.const_data_ptr<int64_t>() + classes_);
  moments.mean.resize(static_cast<size_t>(classes_ * dim_));
  moments.scatter.resize(static_cast<size_t>(classes_));
  for (int64_t c = 0; c < classes_; ++c) {
    if (moments.count[c] == 0) continue;
    const double n = static_cast<double>(moments.count[c]);
    double squared_sum = 0;
    for (int64_t d = c * dim_; d < (c + 1) * dim_; ++d) {
      moments.mean[d] = shifts[d] + sums[d] / n;
      squared_sum += sums[d] * sums[d];
    }
    moments.scatter[c] =
        std::max(0.0, square.const_data_ptr<double>()[c] - squared_sum / n);
  }
  return moments;
}

}  // namespace nclab
