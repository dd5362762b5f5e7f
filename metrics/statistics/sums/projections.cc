#include "metrics/statistics/sums/projections.h"

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
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

// Of more classes the numbers between pairs are not kept.
constexpr int64_t kMostPairs = 1000;

// Products of rows and means at once: 256 MB.
constexpr int64_t kProducts = 1 << 25;

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

NCLAB_CLONES void AddSquares(const double* from, int64_t n, double* to) {
  for (int64_t i = 0; i < n; ++i) to[i] += from[i] * from[i];
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

std::vector<double> Doubles(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.cpu().contiguous();
  const double* data = whole.const_data_ptr<double>();
  return std::vector<double>(data, data + whole.numel());
}

}  // namespace

ProjectionSums::ProjectionSums(const Moments& own, const Moments* train,
                               at::Device device)
    : present_(own.present()),
      dim_(own.dim),
      device_(device),
      has_train_(train != nullptr) {
  const at::TensorOptions doubles(at::kDouble);
  const std::vector<double> center = GlobalMean(own);
  origin_ = at::tensor(center, doubles);
  centers_ = at::empty({0, dim_}, doubles);
  own_ = AddMeans(own);
  const bool directions = present_ > kMostPairs && present_ > dim_;
  if (directions) {
    UseDirections(own);
  } else {
    UseGram(own);
  }
  if (finite_ && BetweenVariance(own) == 0) rank_ = 0;
  own_.coincide = finite_ && rank_ == 0;
  if (train != nullptr) {
    train_ = AddMeans(*train);
    train_.coincide = train->present() < 2 || BetweenVariance(*train) == 0;
  }
  if (directions) {
    centers_ = at::cat({centers_, directions_});
    inverse_ = inverse_.to(device);
  } else {
    pinv_ = pinv_.to(device);
  }
  origin_ = origin_.to(device);
  centers_ = centers_.to(device);
  own_products_ = own_products_.to(device);
  square_ = at::zeros({}, doubles.device(device));
  in_span_ = at::zeros({}, doubles.device(device));
  if (present_ > kMostPairs) return;
  along_ = at::zeros({present_, present_}, doubles.device(device));
  rows_ = at::zeros({own.classes()}, at::TensorOptions(at::kLong));
  rows_.index_copy_(0, own_.ids.cpu(),
                    at::arange(present_, at::TensorOptions(at::kLong)));
  rows_ = rows_.to(device);
}

void ProjectionSums::UseGram(const Moments& own) {
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor gram = centers_.mm(centers_.t());
  own_products_ = at::zeros({own.classes(), present_}, doubles);
  own_products_.index_copy_(0, own_.ids.cpu(), gram);
  pinv_ = at::zeros({present_, present_}, doubles);
  spectrum_ = at::zeros({present_}, doubles);
  finite_ = std::isfinite(gram.abs().sum().item<double>());
  if (present_ > 0 && finite_) {
    const auto [values, vectors] = at::linalg_eigh(gram);
    spectrum_ = values;
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
}

void ProjectionSums::UseDirections(const Moments& own) {
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor square = centers_.t().mm(centers_);
  finite_ = std::isfinite(square.abs().sum().item<double>());
  spectrum_ = at::zeros({present_}, doubles);
  at::Tensor kept = at::zeros({0, dim_}, doubles);
  inverse_ = at::zeros({0}, doubles);
  if (finite_) {
    const auto [values, vectors] = at::linalg_eigh(square);
    spectrum_.slice(0, present_ - dim_).copy_(values);
    const double* value = values.const_data_ptr<double>();  // ascending
    int64_t zeros = 0;
    while (zeros < dim_ && !(value[zeros] > kCutOff * value[dim_ - 1])) ++zeros;
    rank_ = dim_ - zeros;
    kept = vectors.slice(1, zeros).t();
    inverse_ = values.slice(0, zeros).rsqrt();
  }
  own_products_ = at::zeros({own.classes(), kept.size(0)}, doubles);
  own_products_.index_copy_(0, own_.ids.cpu(), centers_.mm(kept.t()));
  directions_ = kept;
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

// along[a, b] += sum over z of class a of (z_a - z_b)^2. On the CPU row after
// row, so that the order of additions is written down; elsewhere as a product
// with the one-hot rows, as in ClassMoments.
void ProjectionSums::AddAlong(const at::Tensor& z, const at::Tensor& labels) {
  if (!along_.defined() || z.size(0) == 0) return;
  const at::Tensor rows = rows_.index_select(0, labels);
  const at::Tensor away = z.gather(1, rows.unsqueeze(1)) - z;
  if (!z.is_cpu()) {
    const at::Tensor one_hot =
        (rows.unsqueeze(0) == at::arange(present_, rows.options()).unsqueeze(1))
            .to(at::kDouble);
    along_ += one_hot.mm(away * away);
    return;
  }
  const int64_t* row = rows.const_data_ptr<int64_t>();
  const double* from = away.const_data_ptr<double>();
  double* to = along_.mutable_data_ptr<double>();
  for (int64_t i = 0; i < z.size(0); ++i, from += present_) {
    AddSquares(from, present_, to + row[i] * present_);
  }
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
  const int64_t n = features.size(0);
  const int64_t step =
      std::max<int64_t>(1, kProducts / std::max<int64_t>(1, centers_.size(0)));
  if (n <= step) return AddRows(features, labels, decisions);
  for (int64_t i = 0; i < n; i += step) {
    AddRows(features.slice(0, i, i + step), labels.slice(0, i, i + step),
            decisions.defined() ? decisions.slice(0, i, i + step) : decisions);
  }
}

void ProjectionSums::AddRows(const at::Tensor& features,
                             const at::Tensor& labels,
                             const at::Tensor& decisions) {
  const at::Tensor products = Multiply(features, origin_, centers_);
  const at::Tensor own = own_products_.index_select(0, labels);
  if (inverse_.defined()) {
    const at::Tensor z =
        products.slice(1, centers_.size(0) - inverse_.size(0)) - own;
    square_ += (z * inverse_).square().sum();
    in_span_ += z.square().sum();
  } else {
    const at::Tensor z = products.slice(1, own_.begin, own_.end) - own;
    const at::Tensor whitened = z.mm(pinv_);
    square_ += (whitened * whitened).sum();
    in_span_ += (z * whitened).sum();
    AddAlong(z, labels);
  }
  AddNearest(own_, products, labels, decisions);
  if (has_train_) AddNearest(train_, products, labels, decisions);
}

void ProjectionSums::Merge(const Projections& other) {
  finite_ = finite_ && other.finite;
  square_ += other.whitened;
  in_span_ += other.in_span;
  if (along_.defined()) {
    along_ += at::tensor(other.along, at::TensorOptions(at::kDouble))
                  .view({present_, present_})
                  .to(device_);
  }
  const auto merge = [&](Means& means, const NearestMeans& from) {
    means.correct += from.correct;
    has_decisions_ = has_decisions_ || from.disagree >= 0;
    if (from.disagree >= 0) means.disagree += from.disagree;
  };
  merge(own_, other.own);
  if (has_train_) merge(train_, other.train);
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
  result.whitened = square_.item<double>();
  result.in_span = in_span_.item<double>();
  result.spectrum = Doubles(spectrum_);
  if (along_.defined()) result.along = Doubles(along_);
  result.own = nearest(own_);
  result.has_train = has_train_;
  if (has_train_) result.train = nearest(train_);
  return result;
}

}  // namespace nclab
