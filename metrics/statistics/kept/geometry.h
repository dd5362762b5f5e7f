// Dot products of class means and of classifier rows. No LibTorch here.
#ifndef NCLAB_METRICS_STATISTICS_KEPT_GEOMETRY_H_
#define NCLAB_METRICS_STATISTICS_KEPT_GEOMETRY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "metrics/statistics/kept/kept.h"
#include "metrics/statistics/kept/moments.h"

namespace nclab {

// Of more vectors no Gram matrix is formed: 0.8 GB.
inline constexpr int64_t kMostInGram = 10000;

// Dot products of n vectors, [n, n].
struct Gram {
  int64_t n = 0;
  std::vector<double> products;  // empty if n is above kMostInGram

  double operator()(int64_t a, int64_t b) const { return products[a * n + b]; }
};

// Of `dim` numbers, in eight partial sums, so that it needs no reassociation
// to be fast.
double Dot(const double* a, const double* b, int64_t dim);

// mu_c - mu of the classes present, in their order [present, D]; 0 where it is
// no longer than rounding.
std::vector<double> CenteredMeans(const Moments& moments);

// Why there is no matrix of the dot products of `n` vectors: its size; "" if
// there is one.
std::string WhyNoGram(int64_t n);

// Dot products of `n` rows of `dim` numbers.
Gram GramOf(const double* rows, int64_t n, int64_t dim);

// Views: of the centred means of the classes present; of all rows of W.
struct MeansGram {
  Gram gram;
  static MeansGram Of(const Kept& kept);
};
struct WeightsGram {
  Gram gram;
  static WeightsGram Of(const Kept& kept);
};

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_KEPT_GEOMETRY_H_
