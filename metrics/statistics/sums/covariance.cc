#include "metrics/statistics/sums/covariance.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_eigh.h>
#include <ATen/ops/linalg_eigvalsh.h>
#include <ATen/ops/linalg_svdvals.h>
#include <ATen/ops/tensor.h>

#include <cmath>
#include <tuple>
#include <vector>

#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

constexpr double kCutOff = 1e-12;

// Eigenvectors of `symmetric` whose eigenvalue is above kCutOff of the largest,
// but the first `skip` of them, and these eigenvalues.
std::tuple<at::Tensor, at::Tensor> Range(const at::Tensor& symmetric,
                                         int64_t skip) {
  const auto [values, vectors] = at::linalg_eigh(symmetric);
  const int64_t n = values.size(0);
  const double* value = values.const_data_ptr<double>();  // ascending
  int64_t first = skip;
  while (first < n && !(value[first] > kCutOff * value[n - 1])) ++first;
  return {values.slice(0, first), vectors.slice(1, first)};
}

// C [D, r] with C C^T = Sigma_B.
at::Tensor RootOfBetween(const at::Tensor& centered) {
  const int64_t present = centered.size(0), dim = centered.size(1);
  const double k = static_cast<double>(present);
  if (present <= dim) {
    const auto [values, vectors] = Range(centered.mm(centered.t()), 1);
    return centered.t().mm(vectors) / std::sqrt(k);
  }
  const auto [values, vectors] = Range(centered.t().mm(centered), 0);
  return vectors * (values / k).sqrt();
}

}  // namespace

CovarianceSpectra SpectraOf(const Moments& moments, const at::Tensor& within) {
  const int64_t dim = moments.dim;
  const at::TensorOptions doubles(at::kDouble);
  std::vector<int64_t> present;
  std::vector<double> shares;  // n_c / N
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    present.push_back(c);
    shares.push_back(static_cast<double>(moments.count[c]) /
                     static_cast<double>(moments.total()));
  }
  CovarianceSpectra spectra;
  const auto [values, vectors] = at::linalg_eigh(within);
  spectra.within = values;
  if (present.empty()) {
    spectra.total = values;
    return spectra;
  }
  const at::Tensor means = BorrowMeans(moments).index_select(
      0, at::tensor(present, at::TensorOptions(at::kLong)));
  const at::Tensor share = at::tensor(shares, doubles).unsqueeze(1);
  // Around a class mean first, so that an offset does not cost digits.
  const at::Tensor moved = means - means.select(0, 0);
  const at::Tensor around = moved - (share * moved).sum(0);
  spectra.total = at::linalg_eigvalsh(within + around.t().mm(share * around));
  if (BetweenVariance(moments) == 0) return spectra;

  const at::Tensor root = RootOfBetween(moved - moved.mean(0));
  spectra.rank = root.size(1);
  if (spectra.rank == 0) return spectra;
  const double* value = values.const_data_ptr<double>();
  int64_t zeros = 0;  // of Sigma_W
  while (zeros < dim && !(value[zeros] > kCutOff * value[dim - 1])) ++zeros;
  const at::Tensor products = vectors.t().mm(root);  // [D, r]
  const at::Tensor outside = products.slice(0, 0, zeros);
  at::Tensor inside = products.slice(0, zeros);
  if (zeros > 0) {
    const double largest =
        at::linalg_eigvalsh(root.t().mm(root)).max().item<double>();
    const auto [squares, directions] = at::linalg_eigh(outside.t().mm(outside));
    const double* square = squares.const_data_ptr<double>();
    int64_t hidden = 0;
    while (hidden < spectra.rank && square[hidden] <= kCutOff * largest) {
      ++hidden;
    }
    if (hidden == 0) return spectra;
    inside = inside.mm(directions.slice(1, 0, hidden));
  }
  const at::Tensor whitened =
      inside / values.slice(0, zeros).sqrt().unsqueeze(1);
  // Of Sigma_W of fewer dimensions there are fewer singular values.
  const at::Tensor singular = at::linalg_svdvals(whitened);
  spectra.unexplained = (1 / (1 + singular * singular)).sum().item<double>() +
                        static_cast<double>(inside.size(1) - singular.size(0));
  return spectra;
}

}  // namespace nclab
