// A step of k-means: rows to their nearest centres.
#ifndef NCLAB_METRICS_STATISTICS_SUMS_CLUSTERING_H_
#define NCLAB_METRICS_STATISTICS_SUMS_CLUSTERING_H_

#include <ATen/TensorOperators.h>
#include <ATen/ops/argmin.h>
#include <ATen/ops/cat.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "metrics/statistics/sums/class_moments.h"

namespace nclab {

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
  void Merge(const Moments& clusters) { moments_.Merge(clusters); }

 private:
  // Numbers of a block of rows that stays in the cache.
  static constexpr int64_t kBlock = 1 << 17;

  at::Tensor origin_, around_, half_squares_;
  double scale_;
  ClassMoments moments_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_CLUSTERING_H_
