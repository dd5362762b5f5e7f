#include "metrics/statistics/sums/class_moments.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/full.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "tools/base/clones.h"
#include "tools/base/torch/parallel.h"

namespace nclab {
namespace {

// Columns are summed in blocks of fixed width, each by one thread over all
// rows, so that the order of additions is the same for any number of threads.
constexpr int64_t kBlock = 128;

// So many rows of a class are added to a block before the next block is taken.
constexpr int64_t kRows = 8;

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

__attribute__((always_inline)) inline double Total(const Vector& v) {
  return ((v[0] + v[1]) + (v[2] + v[3])) + ((v[4] + v[5]) + (v[6] + v[7]));
}

// The rows of a batch by class, in their order within each.
struct RowsByClass {
  std::vector<int64_t> classes;  // those present
  std::vector<int64_t> begin;    // [classes + 1], into rows
  std::vector<int64_t> rows;
};

// One block of columns of all rows of a batch.
struct Batch {
  int64_t stride;  // of the rows of features
  const RowsByClass& order;
  int64_t dim;
  const double* shift;
  double* sum;
  double* square;
  int64_t blocks;
};

// Adds 8 * kVectors columns of the rows of one class. The sums stay in
// registers from row to row; four chains of squares, so that none waits for the
// one before.
template <int kVectors, typename T>
__attribute__((always_inline)) inline void AddColumns(
    const T* features, int64_t stride, const int64_t* row, const int64_t* end,
    const int64_t* end_of_all, const double* shift, double* sum,
    Vector (&squares)[4]) {
  constexpr int64_t kAhead = 12;  // rows asked for before they are needed
  Vector sums[kVectors];
#pragma GCC unroll 16
  for (int k = 0; k < kVectors; ++k) sums[k] = Load(sum + 8 * k);
  for (; row < end; ++row) {
    const T* h = features + *row * stride;
    if (end_of_all - row > kAhead) {
      const T* next = features + row[kAhead] * stride;
#pragma GCC unroll 16
      for (int k = 0; k < kVectors; k += 2) __builtin_prefetch(next + 8 * k);
    }
#pragma GCC unroll 16
    for (int k = 0; k < kVectors; ++k) {
      const Vector z = Load(h + 8 * k) - Load(shift + 8 * k);
      sums[k] += z;
      squares[k % 4] += z * z;
    }
  }
#pragma GCC unroll 16
  for (int k = 0; k < kVectors; ++k) {
    __builtin_memcpy(sum + 8 * k, &sums[k], sizeof(Vector));
  }
}

// One block of columns of some rows of class c.
template <typename T>
__attribute__((always_inline)) inline void AddBlock(const T* features,
                                                    const Batch& in, int64_t c,
                                                    const int64_t* row,
                                                    const int64_t* end,
                                                    int64_t block) {
  const int64_t first = block * kBlock;
  const int64_t last = std::min(first + kBlock, in.dim);
  const int64_t* end_of_all = in.order.rows.data() + in.order.rows.size();
  const double* shift = in.shift + c * in.dim;
  double* sum = in.sum + c * in.dim;
  Vector squares[4] = {};
  int64_t d = first;
  if (last - first == kBlock) {
    AddColumns<kBlock / 8>(features + d, in.stride, row, end, end_of_all,
                           shift + d, sum + d, squares);
    d = last;
  }
  for (; d + 8 <= last; d += 8) {
    AddColumns<1>(features + d, in.stride, row, end, end_of_all, shift + d,
                  sum + d, squares);
  }
  for (; d < last; ++d) {
    for (const int64_t* r = row; r < end; ++r) {
      const double z =
          static_cast<double>(features[*r * in.stride + d]) - shift[d];
      sum[d] += z;
      squares[0][d % 8] += z * z;
    }
  }
  in.square[c * in.blocks + block] +=
      Total((squares[0] + squares[1]) + (squares[2] + squares[3]));
}

// Some blocks of all rows. A few rows at a time, so that each is read over a
// long stretch.
template <typename T>
__attribute__((always_inline)) inline void AddBlocks(const T* features,
                                                     const Batch& in,
                                                     int64_t first_block,
                                                     int64_t end_block) {
  for (size_t i = 0; i < in.order.classes.size(); ++i) {
    const int64_t* end = in.order.rows.data() + in.order.begin[i + 1];
    for (const int64_t* row = in.order.rows.data() + in.order.begin[i];
         row < end; row += std::min<int64_t>(kRows, end - row)) {
      for (int64_t block = first_block; block < end_block; ++block) {
        AddBlock(features, in, in.order.classes[i], row,
                 row + std::min<int64_t>(kRows, end - row), block);
      }
    }
  }
}

NCLAB_CLONES void AddBlocksOf(const float* features, const Batch& in,
                              int64_t first_block, int64_t end_block) {
  AddBlocks(features, in, first_block, end_block);
}
NCLAB_CLONES void AddBlocksOf(const double* features, const Batch& in,
                              int64_t first_block, int64_t end_block) {
  AddBlocks(features, in, first_block, end_block);
}

template <typename T>
void AddOnCpu(const T* features, const Batch& in) {
  ParallelFor(0, in.blocks, 1, [&](int64_t begin, int64_t end) {
    AddBlocksOf(features, in, begin, end);
  });
}

RowsByClass Group(const int64_t* labels, int64_t rows, int64_t classes) {
  std::vector<int64_t> place(static_cast<size_t>(classes));
  for (int64_t i = 0; i < rows; ++i) ++place[labels[i]];
  RowsByClass order;
  int64_t begin = 0;
  for (int64_t c = 0; c < classes; ++c) {
    if (place[c] > 0) {
      order.classes.push_back(c);
      order.begin.push_back(begin);
    }
    begin += std::exchange(place[c], begin);
  }
  order.begin.push_back(rows);
  order.rows.resize(static_cast<size_t>(rows));
  for (int64_t i = 0; i < rows; ++i) order.rows[place[labels[i]]++] = i;
  return order;
}

// Counts, and gives classes seen for the first time the shift of their first
// sample.
template <typename T>
void SetShiftsOnCpu(const T* features, const Batch& in, int64_t* count,
                    double* shift) {
  for (size_t i = 0; i < in.order.classes.size(); ++i) {
    const int64_t c = in.order.classes[i];
    if (count[c] == 0) {
      const T* first = features + in.order.rows[in.order.begin[i]] * in.stride;
      std::copy_n(first, in.dim, shift + c * in.dim);
    }
    count[c] += in.order.begin[i + 1] - in.order.begin[i];
  }
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
  const at::Tensor rows =
      features.stride(1) == 1 || dim_ == 1 ? features : features.contiguous();
  const RowsByClass order = Group(labels.contiguous().const_data_ptr<int64_t>(),
                                  rows.size(0), classes_);
  const Batch batch = {rows.stride(0),
                       order,
                       dim_,
                       shift_.const_data_ptr<double>(),
                       sum_.mutable_data_ptr<double>(),
                       square_.mutable_data_ptr<double>(),
                       square_.size(1)};
  const auto run = [&](const auto* data) {
    SetShiftsOnCpu(data, batch, count_.mutable_data_ptr<int64_t>(),
                   shift_.mutable_data_ptr<double>());
    AddOnCpu(data, batch);
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

// Around the shift: s += n (mu - shift), q += scatter + n |mu - shift|^2.
void ClassMoments::Merge(const Moments& other) {
  const at::Tensor count =
      at::tensor(other.count, at::TensorOptions(at::kLong)).to(count_.device());
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor mean =
      at::tensor(other.mean, doubles).view({classes_, dim_}).to(sum_.device());
  const at::Tensor scatter =
      at::tensor(other.scatter, doubles).to(sum_.device());
  const at::Tensor is_new = (count_ == 0) & (count > 0);
  shift_ = at::where(is_new.unsqueeze(1), mean, shift_);
  const at::Tensor n = count.to(at::kDouble).unsqueeze(1);
  // Rows of absent classes are 0, not their shift.
  const at::Tensor away = at::where(n > 0, mean - shift_, at::zeros_like(mean));
  sum_ += n * away;
  square_.select(1, 0) += scatter + (n * away * away).sum(1);
  count_ += count;
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
    // Rounding may leave less than 0; NaN stays.
    const double scatter = square.const_data_ptr<double>()[c] - squared_sum / n;
    moments.scatter[c] = scatter < 0 ? 0 : scatter;
  }
  return moments;
}

}  // namespace nclab
