// k-means on features, for weak_variance_ratio.
#ifndef NCLAB_METRICS_STATISTICS_SUMS_K_MEANS_H_
#define NCLAB_METRICS_STATISTICS_SUMS_K_MEANS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <vector>

#include "metrics/statistics/kept/moments.h"
#include "metrics/statistics/kept/views.h"

namespace nclab {

// Rows up to this number are all used by every start.
inline constexpr int64_t kKMeansSample = 10000;

class Clustering;

// K centres, K the classes present in `labelled`, the moments of the same rows
// by label. Starts: the class means, and `restarts` draws by k-means++ with
// seeds 0, 1, ...; each is moved to the means of its clusters until no row
// changes its cluster (300 times at most). The lowest inertia wins.
//
// Of more than kKMeansSample rows the draws see an even sample of that size;
// the best of them and the class means are compared over all rows, and the
// better one goes on over all rows, in one look each time, until the inertia
// falls by less than 1e-6 of itself (10 times at most). Keeps
// min(N, kKMeansSample) * D numbers.
//
// Two loops beside the labels: Arthur and Vassilvitskii, SODA 2007 (the draw);
// Lloyd, IEEE Trans. Inf. Theory 28 (1982).
class KMeansFit {
 public:
  explicit KMeansFit(const Moments& labelled, int restarts = 10);
  ~KMeansFit();

  // As Statistic::WantsLook(). A look is all rows, batch after batch, each time
  // the same ones in the same order.
  bool WantsLook(int n);
  void Add(const at::Tensor& rows);  // [B, D] floating on the CPU
  KMeans Finish() const { return result_; }

 private:
  struct Fit;
  enum class Look { kSample, kClusters, kFinalists, kOverAll };

  void TakeSample(const at::Tensor& rows);
  void SettleOnSample();
  bool GoOnOverAll();
  void Conclude();

  int64_t n_, k_;
  int restarts_;
  at::Tensor origin_;  // fp64 [D]
  double scale_ = 1;
  std::vector<double> means_;
  int64_t dim_;
  Look look_ = Look::kSample;
  at::Tensor sample_;  // [min(N, kKMeansSample), D] around the origin, scaled
  int64_t seen_ = 0, taken_ = 0;
  std::vector<Fit> fits_;
  size_t best_ = 0;
  int over_all_ = 0;                                      // iterations
  std::vector<std::unique_ptr<Clustering>> clusterings_;  // of this look
  std::vector<size_t> finalists_;                         // theirs
  KMeans result_;
};

// The clusters of a fit, of other rows: those of an earlier time.
class ClusterSums {
 public:
  // `fit` outlives this.
  explicit ClusterSums(const KMeans& fit);
  ~ClusterSums();

  void Add(const at::Tensor& rows);  // as KMeansFit::Add()
  Moments clusters() const;
  void Merge(const Moments& clusters);
  Clusters Finish() const;

 private:
  const KMeans& fit_;
  std::unique_ptr<Clustering> clustering_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_K_MEANS_H_
