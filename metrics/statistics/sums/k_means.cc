#include "metrics/statistics/sums/k_means.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/minimum.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/zeros_like.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <utility>

#include "metrics/statistics/sums/clustering.h"

namespace nclab {
namespace {

constexpr int kMostIterations = 300;
constexpr int kMostIterationsOverAll = 10;
constexpr double kSmallestFall = 1e-6;

// Variances for which squares of fp32 rows are far from its limits.
constexpr double kSmallVariance = 1e-20, kLargeVariance = 1e20;

at::Tensor Borrow(const std::vector<double>& values, int64_t dim) {
  return at::from_blob(const_cast<double*>(values.data()),
                       {static_cast<int64_t>(values.size()) / dim, dim},
                       at::TensorOptions(at::kDouble));
}

std::vector<double> Doubles(const at::Tensor& tensor) {
  const at::Tensor whole = tensor.to(at::kDouble).contiguous();
  const double* data = whole.const_data_ptr<double>();
  return std::vector<double>(data, data + whole.numel());
}

// Centres after a step: the means of the clusters; an empty one stays.
at::Tensor NextCenters(const Moments& clusters, const at::Tensor& centers) {
  at::Tensor next = centers.clone();
  for (int64_t c = 0; c < clusters.classes(); ++c) {
    if (clusters.count[c] == 0) continue;
    std::copy_n(clusters.mean_of(c), clusters.dim,
                next.mutable_data_ptr<double>() + c * clusters.dim);
  }
  return next;
}

Moments AsMoments(const at::Tensor& centers) {
  const size_t n = static_cast<size_t>(centers.size(0));
  return {centers.size(1), std::vector<int64_t>(n, 1), Doubles(centers),
          std::vector<double>(n, 0.0)};
}

}  // namespace

struct KMeansFit::Fit {
  at::Tensor centers;  // fp64 [K, D]
  KMeansStart start;
};

namespace {

void Describe(const Moments& clusters, const at::Tensor& at,
              KMeansStart& start) {
  const Moments centers = AsMoments(at);
  const double between = BetweenVariance(centers);
  start.inertia = WithinVarianceAround(clusters, centers);
  start.ratio = between > 0 ? start.inertia / between
                            : std::numeric_limits<double>::quiet_NaN();
  start.empty = clusters.classes() - clusters.present();
  start.duplicate = 0;
  for (int64_t a = 1; a < centers.classes(); ++a) {
    for (int64_t b = 0; b < a; ++b) {
      if (std::equal(centers.mean_of(a), centers.mean_of(a) + centers.dim,
                     centers.mean_of(b))) {
        ++start.duplicate;
        break;
      }
    }
  }
}

// Lloyd's iterations over rows in memory, already around their origin and
// scaled.
void Settle(const at::Tensor& rows, at::Tensor& centers, KMeansStart& start) {
  const at::Tensor origin = at::zeros_like(centers.select(0, 0));
  at::Tensor before;
  for (;;) {
    Clustering clustering(centers, origin, rows.scalar_type(), 1);
    const at::Tensor nearest = clustering.Add(rows);
    const Moments clusters = clustering.Finish();
    const bool settled = before.defined() && nearest.equal(before);
    if (!settled && start.iterations < kMostIterations) {
      centers = NextCenters(clusters, centers);
      ++start.iterations;
      before = nearest;
      continue;
    }
    Describe(clusters, centers, start);
    return;
  }
}

// A uniform number in [0, 1), the same on every platform.
double Uniform(std::mt19937_64& engine) {
  return std::ldexp(static_cast<double>(engine() >> 11), -53);
}

// k-means++: each next centre is a row drawn with a chance in proportion to
// its squared distance from the centres so far.
at::Tensor Draw(const at::Tensor& rows, int64_t k, int seed) {
  std::mt19937_64 engine(static_cast<uint64_t>(seed));
  const int64_t n = rows.size(0);
  const at::Tensor squares = (rows * rows).sum(1);
  at::Tensor distance, centers;
  std::vector<at::Tensor> chosen;
  int64_t next = static_cast<int64_t>(Uniform(engine) * static_cast<double>(n));
  for (;;) {
    const at::Tensor center = rows.select(0, next);
    chosen.push_back(center.to(at::kDouble));
    if (static_cast<int64_t>(chosen.size()) == k) return at::stack(chosen);
    const at::Tensor to_center =
        (squares - rows.mv(center) * 2 + squares.select(0, next)).clamp_min(0);
    distance =
        distance.defined() ? at::minimum(distance, to_center) : to_center;
    distance.select(0, next).zero_();
    const std::vector<double> weights = Doubles(distance);
    double total = 0;
    for (const double weight : weights) total += weight;
    double left = Uniform(engine) * total;
    next = 0;
    while (next + 1 < n && (left -= weights[next]) >= 0) ++next;
  }
}

// A point near `center` [1, D], in fp32 where that holds such a point.
at::Tensor OriginNear(const at::Tensor& center) {
  const at::Tensor narrow = center.to(at::kFloat).to(at::kDouble);
  const double off = (narrow - center).abs().max().item<double>();
  return off <= 1e-6 * center.abs().max().item<double>() ? narrow : center;
}

// A power of two, by which rows of this variance do not leave fp32 when they
// are squared: exact, so that the answer is that of the rows.
double ScaleFor(double variance) {
  if (!(variance > 0) ||
      (variance > kSmallVariance && variance < kLargeVariance)) {
    return 1;
  }
  return std::exp2(-std::round(std::log2(variance) / 2));
}

}  // namespace

KMeansFit::KMeansFit(const Moments& labelled, int restarts)
    : n_(labelled.total()),
      k_(labelled.present()),
      restarts_(restarts),
      dim_(labelled.dim) {
  result_.centers.dim = dim_;
  if (n_ == 0) return;
  // Near the global mean, and exact in fp32, so that fp32 rows lose nothing
  // when it is subtracted.
  const std::vector<double> center = GlobalMean(labelled);
  origin_ = OriginNear(Borrow(center, dim_)).select(0, 0).clone();
  result_.finite = std::isfinite(origin_.abs().sum().item<double>()) &&
                   std::isfinite(WithinVariance(labelled));
  scale_ = ScaleFor(WithinVariance(labelled) + BetweenVariance(labelled));
  for (int64_t c = 0; c < labelled.classes(); ++c) {
    if (labelled.count[c] == 0) continue;
    means_.insert(means_.end(), labelled.mean_of(c),
                  labelled.mean_of(c) + dim_);
  }
}

KMeansFit::~KMeansFit() = default;

bool KMeansFit::WantsLook(int n) {
  if (n_ == 0 || !result_.finite) return false;
  if (n == 0) return true;
  switch (look_) {
    case Look::kSample:
      SettleOnSample();
      return true;
    case Look::kClusters: {
      // The means of the clusters from the rows themselves, in fp64: the starts
      // went over rows around the origin, in fp32 if they are.
      const Moments clusters = clusterings_[0]->Finish();
      Fit& fit = fits_[best_];
      fit.centers = NextCenters(clusters, fit.centers);
      Describe(clusters, fit.centers, fit.start);
      Conclude();
      return false;
    }
    case Look::kFinalists:
    case Look::kOverAll:
      if (GoOnOverAll()) return true;
      Conclude();
      return false;
  }
  return false;
}

void KMeansFit::Add(const at::Tensor& rows) {
  if (look_ == Look::kSample) {
    TakeSample(rows);
    return;
  }
  for (const auto& clustering : clusterings_) clustering->Add(rows);
}

// At most kKMeansSample rows, evenly spaced, around the origin and scaled; fp32
// if the rows are, since around the origin that keeps what they hold.
void KMeansFit::TakeSample(const at::Tensor& batch) {
  const int64_t take = std::min(n_, kKMeansSample);
  const at::ScalarType type =
      batch.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
  if (!sample_.defined()) {
    sample_ = at::empty({take, dim_}, at::TensorOptions(type));
  }
  std::vector<int64_t> index;
  // Row j of the sample is row floor(j * n / take).
  for (; taken_ < take && taken_ * n_ / take < seen_ + batch.size(0);
       ++taken_) {
    index.push_back(taken_ * n_ / take - seen_);
  }
  seen_ += batch.size(0);
  if (index.empty()) return;
  const int64_t count = static_cast<int64_t>(index.size());
  constexpr int64_t kStep = 1024;
  const at::Tensor all = at::tensor(index, at::TensorOptions(at::kLong));
  for (int64_t i = 0; i < count; i += kStep) {
    const int64_t end = std::min(count, i + kStep);
    sample_.slice(0, taken_ - count + i, taken_ - count + end)
        .copy_((batch.index_select(0, all.slice(0, i, end)).to(at::kDouble) -
                origin_) *
               scale_);
  }
}

// Every start on the sample; begins the look at all rows.
void KMeansFit::SettleOnSample() {
  fits_.push_back({(Borrow(means_, dim_) - origin_) * scale_, {}});
  for (int seed = 0; seed < restarts_; ++seed) {
    fits_.push_back({Draw(sample_, k_, seed), {}});
  }
  result_.rows_seen = sample_.size(0);
  const bool sampled = n_ > sample_.size(0);
  for (size_t i = sampled ? 1 : 0; i < fits_.size(); ++i) {
    Settle(sample_, fits_[i].centers, fits_[i].start);
    if (i == 0 || (sampled && best_ == 0) ||
        fits_[i].start.inertia < fits_[best_].start.inertia) {
      best_ = i;
    }
  }
  sample_.reset();
  for (Fit& fit : fits_) {
    fit.centers = fit.centers / scale_ + origin_;
    fit.start.inertia /= scale_ * scale_;
  }
  look_ = sampled ? Look::kFinalists : Look::kClusters;
  finalists_ = {best_};
  if (sampled) finalists_ = {0};
  if (sampled && best_ != 0) finalists_.push_back(best_);
  for (const size_t i : finalists_) {
    clusterings_.push_back(std::make_unique<Clustering>(
        fits_[i].centers, origin_, sampled ? at::kFloat : at::kDouble, scale_));
  }
}

// After a look at all rows. All finalists are looked at in the first of them,
// the one of lowest inertia goes on. False: it has settled.
bool KMeansFit::GoOnOverAll() {
  Moments clusters = clusterings_[0]->Finish();
  if (look_ == Look::kFinalists) {
    Fit& first = fits_[finalists_[0]];
    Describe(clusters, first.centers, first.start);
    best_ = finalists_[0];
    for (size_t i = 1; i < finalists_.size(); ++i) {
      Fit& fit = fits_[finalists_[i]];
      Moments of_fit = clusterings_[i]->Finish();
      Describe(of_fit, fit.centers, fit.start);
      if (fit.start.inertia < fits_[best_].start.inertia) {
        best_ = finalists_[i];
        clusters = std::move(of_fit);
      }
    }
    look_ = Look::kOverAll;
  } else {
    KMeansStart& start = fits_[best_].start;
    const double before = start.inertia;
    Describe(clusters, fits_[best_].centers, start);
    if (!(before - start.inertia > kSmallestFall * before)) return false;
  }
  if (over_all_ == kMostIterationsOverAll) return false;
  ++over_all_;
  Fit& fit = fits_[best_];
  fit.centers = NextCenters(clusters, fit.centers);
  ++fit.start.iterations;
  clusterings_.clear();
  clusterings_.push_back(
      std::make_unique<Clustering>(fit.centers, origin_, at::kFloat, scale_));
  return true;
}

void KMeansFit::Conclude() {
  const Fit& best = fits_[best_];
  result_.centers = AsMoments(best.centers);
  result_.inertia = best.start.inertia;
  result_.degenerate = best.start.empty + best.start.duplicate;
  for (const Fit& fit : fits_) result_.starts.push_back(fit.start);
  clusterings_.clear();
  fits_.clear();
}

ClusterSums::ClusterSums(const KMeans& fit) : fit_(fit) {
  if (fit.centers.classes() == 0) return;
  const at::Tensor centers = Borrow(fit.centers.mean, fit.centers.dim);
  clustering_ = std::make_unique<Clustering>(
      centers, centers.mean(0), at::kDouble,
      ScaleFor(fit.inertia + BetweenVariance(fit.centers)));
}

ClusterSums::~ClusterSums() = default;

void ClusterSums::Add(const at::Tensor& rows) {
  if (clustering_) clustering_->Add(rows);
}

Moments ClusterSums::clusters() const {
  return clustering_ ? clustering_->Finish() : Moments();
}

void ClusterSums::Merge(const Moments& clusters) {
  if (clustering_) clustering_->Merge(clusters);
}

Clusters ClusterSums::Finish() const {
  if (!clustering_) return {};
  return {WithinVarianceAround(clustering_->Finish(), fit_.centers),
          BetweenVariance(fit_.centers), fit_.degenerate};
}

}  // namespace nclab
