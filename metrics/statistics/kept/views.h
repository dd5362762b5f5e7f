// Statistics as metrics read them: input.Of<Projections>(), and so on.
//
// A view is any type with `static View Of(const Kept&)`; a metric of one's own
// may bring its own. Moments and its kin are in moments.h and geometry.h.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_VIEWS_H_
#define NCLAB_METRICS_STATISTICS_KEPT_VIEWS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "metrics/statistics/kept/kept.h"
#include "metrics/statistics/kept/moments.h"

namespace nclab {

// Statistic `decisions`: sums over a split that need no layer.
struct SplitTotals {
  int64_t samples = 0;
  int64_t correct = 0;                   // arg max of the logits is the label
  double loss = 0;                       // sum of cross-entropies, in nats
  std::optional<double> objective = {};  // sum of what training minimises

  static SplitTotals Of(const Kept& kept);
  Arrays ToArrays() const;
};

// `head`: the last Linear, logits = W h + b. Given, not added up: it is kept
// with the layer that is its input.
struct Head {
  int64_t classes = 0;         // rows of W
  int64_t dim = 0;             // D
  std::vector<double> weight;  // [classes, D]

  static Head Of(const Kept& kept);
  Arrays ToArrays() const;
};

// Samples by their nearest class mean (of equally near ones the first).
struct NearestMeans {
  int64_t correct = 0;    // nearest mean is that of the label
  int64_t disagree = -1;  // nearest mean is not arg max logits; -1: unknown
  bool coincide = false;  // all means are one point
};

// Statistic `projections`: what a second look at the features tells, once the
// means are known.
struct Projections {
  bool finite = true;   // every feature that was looked at
  double whitened = 0;  // sum_i |G^+ M z_i|^2
  double in_span = 0;   // sum_i |P z_i|^2, P onto the span of the rows of M
  int64_t rank = 0;     // of G = M M^T, and so of Sigma_B
  NearestMeans own;     // means of this split
  bool has_train = false;
  NearestMeans train;            // means of the training split at the same time
  std::vector<double> spectrum;  // eigenvalues of G, ascending [P]
  std::vector<double> along;     // see metrics/statistics/projections.cc

  static Projections Of(const Kept& kept);
  Arrays ToArrays() const;
};

// Statistic `clusters`: k-means on the features at T, applied to those at t.
struct Clusters {
  double within = 0;       // E min_i |h^t - c_i|^2
  double between = 0;      // (1/K) sum_i |c_i - c|^2
  int64_t degenerate = 0;  // centres without samples, or equal to another

  static Clusters Of(const Kept& kept);
  Arrays ToArrays() const;
};

struct KMeansStart {
  double inertia = 0;  // E min_i |h - c_i|^2 over the rows that it saw
  double ratio = 0;    // inertia / ((1/K) sum_i |c_i - c|^2); NaN: 0 below
  int64_t iterations = 0;
  int64_t empty = 0;      // clusters without rows
  int64_t duplicate = 0;  // centres equal to an earlier one

  bool operator==(const KMeansStart&) const = default;
};

// Statistic `k_means`: the fit at T.
struct KMeans {
  Moments centers;  // as means of K classes
  double inertia = 0;
  int64_t degenerate = 0;           // empty and duplicate ones
  int64_t rows_seen = 0;            // by each start
  std::vector<KMeansStart> starts;  // from the class means; k-means++ 0, 1, ...
  bool finite = true;               // if not, there is no fit

  static KMeans Of(const Kept& kept);
  Arrays ToArrays() const;
  // Where start `i` began: "class means" or "k-means++ S", S the seed.
  static std::string StartName(size_t i);
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_VIEWS_H_
