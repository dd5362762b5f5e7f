// Dot products of class means and of classifier rows. No LibTorch here.
#ifndef NCLAB_METRICS_STATISTICS_GEOMETRY_H_
#define NCLAB_METRICS_STATISTICS_GEOMETRY_H_

#include <vector>

#include "metrics/statistics/kept.h"
#include "metrics/statistics/moments.h"

namespace nclab {

// Of `dim` numbers, in eight partial sums, so that it needs no reassociation
// to be fast.
double Dot(const double* a, const double* b, int64_t dim);

// mu_c - mu of the classes present, in their order [present, D]; 0 where it is
// no longer than rounding.
std::vector<double> CenteredMeans(const Moments& moments);

// Dot products of `n` rows of `dim` numbers.
Gram GramOf(const double* rows, int64_t n, int64_t dim);

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_GEOMETRY_H_
