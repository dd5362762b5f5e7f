#include "metrics/statistics/clusters/k_means.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>
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

#include "absl/strings/str_cat.h"
#include "metrics/statistics/class_moments.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int kMostIterations = 300;
constexpr int kMostIterationsOverAll = 10;
constexpr double kSmallestFall = 1e-6;

// Numbers of a block of rows that stays in the cache.
constexpr int64_t kBlock = 1 << 17;

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

// Assigns rows to the nearest of some centres and keeps each cluster's moments.
class Clustering {
 public:
  // Products are computed in `type`, around `origin` [D], times `scale`.
  Clustering(const at::Tensor& centers, const at::Tensor& origin,
             at::ScalarType type, double scale)
      : origin_(origin),
        scale_(scale),
        moments_(centers.size(0), centers.size(1), at::kCPU) {
    const at::Tensor around = (centers - origin).to(at::kDouble) * scale;
    half_squares_ = ((around * around).sum(1) / 2).to(type);
    around_ = around.to(type).t().contiguous();
  }

  // Rows as they are. Returns int64 [B], the clusters.
  at::Tensor Add(const at::Tensor& rows) {
    std::vector<at::Tensor> nearest;
    const int64_t step =
        std::max<int64_t>(16, kBlock / std::max(rows.size(1), around_.size(1)));
    for (int64_t i = 0; i < rows.size(0); i += step) {
      const at::Tensor block = rows.slice(0, i, i + step);
      // Around the origin fp32 keeps what fp32 rows hold.
      at::Tensor around;
      if (scale_ != 1) {
        around = ((block.to(at::kDouble) - origin_) * scale_)
                     .to(around_.scalar_type());
      } else if (block.scalar_type() == at::kDouble) {
        around = (block - origin_).to(around_.scalar_type());
      } else {
        around =
            block.to(around_.scalar_type()) - origin_.to(around_.scalar_type());
      }
      nearest.push_back((half_squares_ - around.mm(around_)).argmin(1));
      moments_.Add(block, nearest.back());
    }
    return at::cat(nearest);
  }

  Moments Finish() const { return moments_.Finish(); }

 private:
  at::Tensor origin_, around_, half_squares_;
  double scale_;
  ClassMoments moments_;
};

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

struct Fit {
  at::Tensor centers;  // fp64 [K, D]
  KMeansStart start;
};

void Describe(const Moments& clusters, Fit& fit) {
  const Moments centers = AsMoments(fit.centers);
  const double between = BetweenVariance(centers);
  fit.start.inertia = WithinVarianceAround(clusters, centers);
  fit.start.ratio = between > 0 ? fit.start.inertia / between
                                : std::numeric_limits<double>::quiet_NaN();
  fit.start.empty = clusters.classes() - clusters.present();
  fit.start.duplicate = 0;
  for (int64_t a = 1; a < centers.classes(); ++a) {
    for (int64_t b = 0; b < a; ++b) {
      if (std::equal(centers.mean_of(a), centers.mean_of(a) + centers.dim,
                     centers.mean_of(b))) {
        ++fit.start.duplicate;
        break;
      }
    }
  }
}

// Lloyd's iterations over rows in memory, already around their origin and
// scaled.
void Settle(const at::Tensor& rows, Fit& fit) {
  const at::Tensor origin = at::zeros_like(fit.centers.select(0, 0));
  at::Tensor before;
  for (;;) {
    Clustering clustering(fit.centers, origin, rows.scalar_type(), 1);
    const at::Tensor nearest = clustering.Add(rows);
    const Moments clusters = clustering.Finish();
    const bool settled = before.defined() && nearest.equal(before);
    if (!settled && fit.start.iterations < kMostIterations) {
      fit.centers = NextCenters(clusters, fit.centers);
      ++fit.start.iterations;
      before = nearest;
      continue;
    }
    Describe(clusters, fit);
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

// At most kKMeansSample rows, evenly spaced, around `origin`, times `scale`;
// fp32 if the rows are, since around the origin that keeps what they hold.
absl::StatusOr<at::Tensor> Sample(const Rows& rows, int64_t n,
                                  const at::Tensor& origin, double scale) {
  const int64_t take = std::min(n, kKMeansSample);
  at::Tensor sample;
  int64_t seen = 0, taken = 0;
  NCLAB_RETURN_IF_ERROR(rows([&](const at::Tensor& batch) {
    const at::ScalarType type =
        batch.scalar_type() == at::kDouble ? at::kDouble : at::kFloat;
    if (!sample.defined()) {
      sample = at::empty({take, batch.size(1)}, at::TensorOptions(type));
    }
    std::vector<int64_t> index;
    // Row j of the sample is row floor(j * n / take).
    for (; taken < take && taken * n / take < seen + batch.size(0); ++taken) {
      index.push_back(taken * n / take - seen);
    }
    seen += batch.size(0);
    if (index.empty()) return;
    const int64_t count = static_cast<int64_t>(index.size());
    constexpr int64_t kStep = 1024;
    const at::Tensor all = at::tensor(index, at::TensorOptions(at::kLong));
    for (int64_t i = 0; i < count; i += kStep) {
      const int64_t end = std::min(count, i + kStep);
      sample.slice(0, taken - count + i, taken - count + end)
          .copy_((batch.index_select(0, all.slice(0, i, end)).to(at::kDouble) -
                  origin) *
                 scale);
    }
  }));
  return sample;
}

// One step over all rows; the clusters are those of the centres before it.
absl::StatusOr<Moments> Assign(const Rows& rows, const at::Tensor& centers,
                               const at::Tensor& origin, double scale,
                               at::ScalarType type = at::kDouble) {
  Clustering clustering(centers, origin, type, scale);
  NCLAB_RETURN_IF_ERROR(
      rows([&](const at::Tensor& batch) { clustering.Add(batch); }));
  return clustering.Finish();
}

// Lloyd's iterations over all rows. All fits are looked at in the first pass,
// the one of lowest inertia goes on. Returns its index.
absl::StatusOr<size_t> SettleOverAll(const Rows& rows, const at::Tensor& origin,
                                     double scale,
                                     const std::vector<Fit*>& fits) {
  std::vector<Clustering> clusterings;
  for (const Fit* fit : fits) {
    clusterings.emplace_back(fit->centers, origin, at::kFloat, scale);
  }
  NCLAB_RETURN_IF_ERROR(rows([&](const at::Tensor& batch) {
    for (Clustering& clustering : clusterings) clustering.Add(batch);
  }));
  size_t best = 0;
  Moments clusters;
  for (size_t i = 0; i < fits.size(); ++i) {
    Moments of_fit = clusterings[i].Finish();
    Describe(of_fit, *fits[i]);
    if (i == 0 || fits[i]->start.inertia < fits[best]->start.inertia) {
      best = i;
      clusters = std::move(of_fit);
    }
  }
  Fit& fit = *fits[best];
  for (int i = 0; i < kMostIterationsOverAll; ++i) {
    const double before = fit.start.inertia;
    fit.centers = NextCenters(clusters, fit.centers);
    ++fit.start.iterations;
    NCLAB_ASSIGN_OR_RETURN(
        clusters, Assign(rows, fit.centers, origin, scale, at::kFloat));
    Describe(clusters, fit);
    if (!(before - fit.start.inertia > kSmallestFall * before)) break;
  }
  return best;
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

absl::StatusOr<KMeans> FitKMeans(const Rows& rows, const Moments& labelled,
                                 int restarts) {
  const int64_t n = labelled.total(), k = labelled.present();
  KMeans result;
  if (n == 0) return result;
  // Near the global mean, and exact in fp32, so that fp32 rows lose nothing
  // when it is subtracted.
  const std::vector<double> center = GlobalMean(labelled);
  const at::Tensor origin =
      OriginNear(Borrow(center, labelled.dim)).select(0, 0);
  if (!std::isfinite(origin.abs().sum().item<double>()) ||
      !std::isfinite(WithinVariance(labelled))) {
    return absl::InvalidArgumentError(
        "A feature is NaN or infinite; k-means needs finite ones.");
  }
  const double scale =
      ScaleFor(WithinVariance(labelled) + BetweenVariance(labelled));
  NCLAB_ASSIGN_OR_RETURN(const at::Tensor sample,
                         Sample(rows, n, origin, scale));
  std::vector<double> means;
  for (int64_t c = 0; c < labelled.classes(); ++c) {
    if (labelled.count[c] == 0) continue;
    means.insert(means.end(), labelled.mean_of(c),
                 labelled.mean_of(c) + labelled.dim);
  }
  std::vector<Fit> fits;
  fits.push_back(
      {(Borrow(means, labelled.dim) - origin) * scale, {"class means"}});
  for (int seed = 0; seed < restarts; ++seed) {
    fits.push_back({Draw(sample, k, seed), {absl::StrCat("k-means++ ", seed)}});
  }
  const bool sampled = n > sample.size(0);
  size_t best = 0;
  for (size_t i = sampled ? 1 : 0; i < fits.size(); ++i) {
    Settle(sample, fits[i]);
    if (i == 0 || (sampled && best == 0) ||
        fits[i].start.inertia < fits[best].start.inertia) {
      best = i;
    }
  }
  for (Fit& fit : fits) {
    fit.centers = fit.centers / scale + origin;
    fit.start.inertia /= scale * scale;
  }
  if (sampled) {
    std::vector<Fit*> finalists = {&fits[0]};
    if (best != 0) finalists.push_back(&fits[best]);
    NCLAB_ASSIGN_OR_RETURN(const size_t winner,
                           SettleOverAll(rows, origin, scale, finalists));
    if (winner == 0) best = 0;
  } else {
    // The means of the clusters from the rows themselves, in fp64: the starts
    // went over rows around the origin, in fp32 if they are.
    NCLAB_ASSIGN_OR_RETURN(const Moments clusters,
                           Assign(rows, fits[best].centers, origin, scale));
    fits[best].centers = NextCenters(clusters, fits[best].centers);
    Describe(clusters, fits[best]);
  }
  result.centers = AsMoments(fits[best].centers);
  result.inertia = fits[best].start.inertia;
  result.degenerate = fits[best].start.empty + fits[best].start.duplicate;
  result.rows_seen = sample.size(0);
  for (Fit& fit : fits) result.starts.push_back(fit.start);
  return result;
}

absl::StatusOr<Clusters> ApplyKMeans(const Rows& rows, const KMeans& k_means) {
  Clusters result;
  if (k_means.centers.classes() == 0) return result;
  const at::Tensor centers = Borrow(k_means.centers.mean, k_means.centers.dim);
  const double scale =
      ScaleFor(k_means.inertia + BetweenVariance(k_means.centers));
  NCLAB_ASSIGN_OR_RETURN(const Moments clusters,
                         Assign(rows, centers, centers.mean(0), scale));
  result.within = WithinVarianceAround(clusters, k_means.centers);
  result.between = BetweenVariance(k_means.centers);
  result.degenerate = k_means.degenerate;
  return result;
}

}  // namespace nclab
