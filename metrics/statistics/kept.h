// What is kept of a split, or of a layer of it, besides class moments.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_H_
#define NCLAB_METRICS_STATISTICS_KEPT_H_

#include <cstdint>
#include <optional>
#include <vector>

namespace nclab {

// Sums over a split that need no layer.
struct SplitTotals {
  int64_t samples = 0;
  int64_t correct = 0;                   // arg max of the logits is the label
  double loss = 0;                       // sum of cross-entropies, in nats
  std::optional<double> objective = {};  // sum of what training minimises
};

// The last Linear, logits = W h + b.
struct Head {
  int64_t classes = 0;         // rows of W
  int64_t dim = 0;             // D
  std::vector<double> weight;  // [classes, D]
};

// Dot products of n vectors, [n, n].
struct Gram {
  int64_t n = 0;
  std::vector<double> products;

  double operator()(int64_t a, int64_t b) const { return products[a * n + b]; }
};

// Samples by their nearest class mean (of equally near ones the first).
struct NearestMeans {
  int64_t correct = 0;    // nearest mean is that of the label
  int64_t disagree = -1;  // nearest mean is not arg max logits; -1: unknown
  bool coincide = false;  // all means are one point
};

// What a second look at the features tells, once the means are known.
struct Projections {
  bool finite = true;  // every feature that was looked at
  double trace = 0;    // Tr(Sigma_W Sigma_B^+)
  int64_t rank = 0;    // of Sigma_B
  NearestMeans own;    // means of this split
  bool has_train = false;
  NearestMeans train;  // means of the training split at the same time
};

// k-means on the features at T, applied to the features at t.
struct Clusters {
  double within = 0;       // E min_i |h^t - c_i|^2
  double between = 0;      // (1/K) sum_i |c_i - c|^2
  int64_t degenerate = 0;  // centres without samples, or equal to another
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_H_
