// Per-class moments of a layer's features (statistic `class_moments`): all that
// the means-based metrics need, K*D + 2K numbers whatever N is.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_MOMENTS_H_
#define NCLAB_METRICS_STATISTICS_KEPT_MOMENTS_H_

#include <cstdint>
#include <vector>

#include "metrics/statistics/kept/kept.h"

namespace nclab {

struct Moments {
  int64_t dim = 0;              // D
  std::vector<int64_t> count;   // n_c [K]
  std::vector<double> mean;     // mu_c [K, D]; rows of absent classes are 0
  std::vector<double> scatter;  // sum over class c of |h - mu_c|^2 [K]

  int64_t classes() const { return static_cast<int64_t>(count.size()); }
  int64_t present() const;  // classes with at least one sample
  int64_t total() const;    // N = sum n_c
  const double* mean_of(int64_t c) const { return mean.data() + c * dim; }

  static Moments Of(const Kept& kept);
  Arrays ToArrays() const;
};

// |a - b|^2 of two vectors of `dim` numbers.
double SquaredDistance(const double* a, const double* b, int64_t dim);

// mu = (1/K) sum mu_c over the classes present [D].
std::vector<double> GlobalMean(const Moments& moments);

// Squared distances of class means up to here are rounding, not data: 4 units
// in the last place (2^-53) of the longest of |mu_c| and of the root of
// scatter_c, squared. Means so near one another coincide: what a metric would
// make of their differences is noise.
double MeansRounding(const Moments& moments);

// E |h - mu_y|^2 = (1/N) sum_c scatter_c, the average over samples.
double WithinVariance(const Moments& moments);

// (1/K) sum_c |mu_c - mu|^2 over the classes present; 0 if the means coincide.
double BetweenVariance(const Moments& moments);

// E |h - nu_y|^2 for other centres nu, those of `anchor`, exactly:
//   own within variance + sum_c (n_c/N) |mu_c - nu_c|^2.
// NaN if a class present here is absent in the anchor.
double WithinVarianceAround(const Moments& moments, const Moments& anchor);

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_MOMENTS_H_
