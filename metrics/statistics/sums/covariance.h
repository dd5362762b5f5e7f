// What the covariances within and between classes say together: spectra, and
// how far the classes can be told apart linearly.
#ifndef NCLAB_METRICS_STATISTICS_SUMS_COVARIANCE_H_
#define NCLAB_METRICS_STATISTICS_SUMS_COVARIANCE_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

#include "metrics/statistics/kept/moments.h"

namespace nclab {

// Of D more than this no D x D matrix is formed.
inline constexpr int64_t kMostDims = 2048;

struct CovarianceSpectra {
  at::Tensor within;       // fp64 [D], eigenvalues of Sigma_W, ascending
  at::Tensor total;        // of the covariance of all samples around their mean
  double unexplained = 0;  // rank(Sigma_B) - Tr(Sigma_T^+ Sigma_B)
  int64_t rank = 0;        // of Sigma_B
};

// `within`: Sigma_W, fp64 [D, D] on the CPU, finite. Sigma_T = Sigma_W +
// Sigma_B. Relative eigenvalues up to 1e-12 count as zero, of Sigma_B K-1 at
// most as more.
//
// 1 - t, of each direction of Sigma_B, is found without taking t from 1. With
// Sigma_B = C C^T, C [D, r], and N the directions of R^r that C takes into the
// range of Sigma_W:
//
//   r - Tr(Sigma_T^+ Sigma_B) = Tr((I + N^T C^T Sigma_W^+ C N)^-1),
//
// since x^T (I - C^T Sigma_T^+ C) x is the least of |x - C^T a|^2 + a^T Sigma_W
// a over a, in which what a does outside of that range is free.
CovarianceSpectra SpectraOf(const Moments& moments, const at::Tensor& within);

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_SUMS_COVARIANCE_H_
