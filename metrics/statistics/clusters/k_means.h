// k-means on features, for weak_variance_ratio.
#ifndef NCLAB_METRICS_STATISTICS_CLUSTERS_K_MEANS_H_
#define NCLAB_METRICS_STATISTICS_CLUSTERS_K_MEANS_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "metrics/statistics/kept.h"
#include "metrics/statistics/moments.h"

namespace nclab {

// Shows all rows, [B, D] floating on the CPU, batch after batch, the same ones
// in the same order each time it is called.
using RowVisitor = std::function<void(const at::Tensor& rows)>;
using Rows = std::function<absl::Status(const RowVisitor&)>;

// Rows up to this number are all used by every start.
inline constexpr int64_t kKMeansSample = 10000;

struct KMeansStart {
  std::string from;    // "class means" or "k-means++ S", S the seed
  double inertia = 0;  // E min_i |h - c_i|^2 over the rows that it saw
  double ratio = 0;    // inertia / ((1/K) sum_i |c_i - c|^2); NaN: 0 below
  int64_t iterations = 0;
  int64_t empty = 0;      // clusters without rows
  int64_t duplicate = 0;  // centres equal to an earlier one
};

struct KMeans {
  Moments centers;  // as means of K classes
  double inertia = 0;
  int64_t degenerate = 0;  // empty and duplicate ones
  int64_t rows_seen = 0;   // by each start
  std::vector<KMeansStart> starts;
};

// K centres, K the classes present in `labelled`, the moments of the same rows
// by label. Starts: the class means, and `restarts` draws by k-means++ with
// seeds 0, 1, ...; each is moved to the means of its clusters until no row
// changes its cluster (300 times at most). The lowest inertia wins.
//
// Of more than kKMeansSample rows the draws see an even sample of that size;
// the best of them and the class means are compared over all rows, and the
// better one goes on over all rows, in one pass each time, until the inertia
// falls by less than 1e-6 of itself (10 times at most). Keeps
// min(N, kKMeansSample) * D numbers.
//
// Two loops beside the labels: Arthur and Vassilvitskii, SODA 2007 (the draw);
// Lloyd, IEEE Trans. Inf. Theory 28 (1982).
// \error what `rows` says; kInvalidArgument if a feature is not finite.
absl::StatusOr<KMeans> FitKMeans(const Rows& rows, const Moments& labelled,
                                 int restarts = 10);

// The same centres for other rows: those of an earlier time.
absl::StatusOr<Clusters> ApplyKMeans(const Rows& rows, const KMeans& k_means);

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_CLUSTERS_K_MEANS_H_
