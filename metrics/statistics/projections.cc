#include "metrics/statistics/projections.h"

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/mm.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>
#include <c10/core/InferenceMode.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "tools/base/clones.h"
#include "tools/base/torch/parallel.h"

namespace nclab {
namespace {

// Rows are taken so many at a time that they stay in the cache as fp64. Each
// such block is one thread's: the result does not depend on their number.
constexpr int64_t kCacheNumbers = 1 << 16;

// Relative eigenvalues of G up to here count as zero.
constexpr double kCutOff = 1e-12;

// out = h - origin, of one row.
NCLAB_CLONES void Center(const float* h, const double* origin, int64_t dim,
                         double* out) {
  for (int64_t d = 0; d < dim; ++d) {
    out[d] = static_cast<double>(h[d]) - origin[d];
  }
}
NCLAB_CLONES void Center(const double* h, const double* origin, int64_t dim,
                         double* out) {
  for (int64_t d = 0; d < dim; ++d) out[d] = h[d] - origin[d];
}

// products = (features - origin) centers^T, all on the CPU, contiguous but for
// the rows of features.
template <typename T>
void MultiplyOnCpu(const at::Tensor& features, const at::Tensor& origin,
                   const at::Tensor& centers, at::Tensor& products) {
  const int64_t rows = features.size(0), dim = features.size(1);
  const int64_t stride = features.stride(0);
  const int64_t step = std::max<int64_t>(16, kCacheNumbers / dim);
  const T* from = features.const_data_ptr<T>();
  const double* center = origin.const_data_ptr<double>();
  const at::Tensor directions = centers.t();
  ParallelFor(0, (rows + step - 1) / step, 1, [&](int64_t begin, int64_t end) {
    const c10::InferenceMode no_gradients;
    at::Tensor centered = at::empty({step, dim}, at::kDouble);
    double* to = centered.mutable_data_ptr<double>();
    for (int64_t block = begin; block < end; ++block) {
      const int64_t first = block * step;
      const int64_t count = std::min(step, rows - first);
      for (int64_t i = 0; i < count; ++i) {
        Center(from + (first + i) * stride, center, dim, to + i * dim);
      }
      at::Tensor out = products.slice(0, first, first + count);
      at::mm_out(out, centered.slice(0, 0, count), directions);
    }
  });
}

// (features - origin) centers^T, fp64 [B, rows of centers].
at::Tensor Multiply(const at::Tensor& features, const at::Tensor& origin,
                    const at::Tensor& centers) {
  const bool has_kernel =
      features.is_cpu() && (features.scalar_type() == at::kFloat ||
                            features.scalar_type() == at::kDouble);
  if (!has_kernel || features.size(0) == 0) {
    return (features.to(at::kDouble) - origin).mm(centers.t());
  }
  const c10::InferenceMode no_gradients;
  const at::Tensor rows = features.stride(1) == 1 || features.size(1) == 1
                              ? features
                              : features.contiguous();
  at::Tensor products =
      at::empty({features.size(0), centers.size(0)}, at::kDouble);
  if (features.scalar_type() == at::kFloat) {
    MultiplyOnCpu<float>(rows, origin, centers, products);
  } else {
    MultiplyOnCpu<double>(rows, origin, centers, products);
  }
  return products;
}

}  // namespace

ProjectionSums::ProjectionSums(const Moments& own, const Moments* train,
                               at::Device device)
    : present_(own.present()),
      total_(own.total()),
      dim_(own.dim),
      device_(device),
      has_train_(train != nullptr) {
  const at::TensorOptions doubles(at::kDouble);
  const std::vector<double> center = GlobalMean(own);
  origin_ = at::tensor(center, doubles);
  centers_ = at::empty({0, dim_}, doubles);
  own_ = AddMeans(own);
  const at::Tensor gram = centers_.mm(centers_.t());
  gram_ = at::zeros({own.classes(), present_}, doubles);
  gram_.index_copy_(0, own_.ids.cpu(), gram);
  pinv_ = at::zeros({present_, present_}, doubles);
  finite_ = std::isfinite(gram.abs().sum().item<double>());
  if (present_ > 0 && finite_) {
    const auto [values, vectors] = at::linalg_eigh(gram);
    const double* value = values.const_data_ptr<double>();  // ascending
    const double largest = value[present_ - 1];
    at::Tensor inverse = at::zeros({present_}, doubles);
    for (int64_t i = 1; i < present_; ++i) {
      if (value[i] > kCutOff * largest) {
        inverse.mutable_data_ptr<double>()[i] = 1 / value[i];
        ++rank_;
      }
    }
    pinv_ = (vectors * inverse).mm(vectors.t());
  }
  if (finite_ && BetweenVariance(own) == 0) rank_ = 0;
  own_.coincide = finite_ && rank_ == 0;
  if (train != nullptr) {
    train_ = AddMeans(*train);
    train_.coincide = train->present() < 2 || BetweenVariance(*train) == 0;
  }
  origin_ = origin_.to(device);
  centers_ = centers_.to(device);
  gram_ = gram_.to(device);
  pinv_ = pinv_.to(device);
  square_ = at::zeros({}, doubles.device(device));
}

ProjectionSums::Means ProjectionSums::AddMeans(const Moments& moments) {
  const at::TensorOptions doubles(at::kDouble);
  std::vector<int64_t> ids;
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] > 0) ids.push_back(c);
  }
  Means means;
  means.begin = centers_.size(0);
  means.end = means.begin + static_cast<int64_t>(ids.size());
  const at::Tensor index = at::tensor(ids, at::TensorOptions(at::kLong));
  const at::Tensor rows =
      at::from_blob(const_cast<double*>(moments.mean.data()),
                    {moments.classes(), dim_}, doubles)
          .index_select(0, index) -
      origin_;
  centers_ = at::cat({centers_, rows});
  means.half_squares = ((rows * rows).sum(1) / 2).to(device_);
  means.ids = index.to(device_);
  means.correct = at::zeros({}, at::TensorOptions(at::kLong).device(device_));
  means.disagree = means.correct.clone();
  return means;
}

void ProjectionSums::AddNearest(Means& means, const at::Tensor& products,
                                const at::Tensor& labels,
                                const at::Tensor& decisions) {
  if (means.end == means.begin) return;
  const at::Tensor nearest = means.ids.index_select(
      0, (means.half_squares - products.slice(1, means.begin, means.end))
             .argmin(1));
  means.correct += (nearest == labels).sum();
  if (decisions.defined()) means.disagree += (nearest != decisions).sum();
}

void ProjectionSums::Add(const at::Tensor& features, const at::Tensor& labels,
                         const at::Tensor& decisions) {
  has_decisions_ = decisions.defined();
  const at::Tensor products = Multiply(features, origin_, centers_);
  const at::Tensor z =
      products.slice(1, own_.begin, own_.end) - gram_.index_select(0, labels);
  const at::Tensor whitened = z.mm(pinv_);
  square_ += (whitened * whitened).sum();
  AddNearest(own_, products, labels, decisions);
  if (has_train_) AddNearest(train_, products, labels, decisions);
}

Projections ProjectionSums::Finish() const {
  const auto nearest = [&](const Means& means) {
    return NearestMeans{means.correct.item<int64_t>(),
                        has_decisions_ ? means.disagree.item<int64_t>() : -1,
                        means.coincide};
  };
  Projections result;
  result.rank = rank_;
  result.finite = finite_ && std::isfinite(square_.item<double>());
  result.trace = square_.item<double>() * static_cast<double>(present_) /
                 static_cast<double>(total_);
  result.own = nearest(own_);
  result.has_train = has_train_;
  if (has_train_) result.train = nearest(train_);
  return result;
}

}  // namespace nclab
