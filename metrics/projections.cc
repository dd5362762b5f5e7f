#include "metrics/projections.h"

#include <ATen/TensorIndexing.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace nclab {
namespace {

// Rows are taken so many at a time that they stay in the cache as fp64.
constexpr int64_t kCacheNumbers = 1 << 17;

// Relative eigenvalues of G up to here count as zero.
constexpr double kCutOff = 1e-12;

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
  const int64_t rows = features.size(0);
  const int64_t step =
      features.is_cpu()
          ? std::max<int64_t>(16,
                              kCacheNumbers / std::max(dim_, centers_.size(0)))
          : rows;
  for (int64_t i = 0; i < rows; i += step) {
    const int64_t end = std::min(rows, i + step);
    const at::Tensor y = labels.slice(0, i, end);
    const at::Tensor products =
        (features.slice(0, i, end).to(at::kDouble) - origin_).mm(centers_.t());
    const at::Tensor z =
        products.slice(1, own_.begin, own_.end) - gram_.index_select(0, y);
    const at::Tensor whitened = z.mm(pinv_);
    square_ += (whitened * whitened).sum();
    const at::Tensor chosen =
        decisions.defined() ? decisions.slice(0, i, end) : decisions;
    AddNearest(own_, products, y, chosen);
    if (has_train_) AddNearest(train_, products, y, chosen);
  }
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
