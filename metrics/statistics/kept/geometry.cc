#include "metrics/statistics/kept/geometry.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "metrics/statistics/kept/views.h"

namespace nclab {

double Dot(const double* a, const double* b, int64_t dim) {
  double sums[8] = {};
  int64_t d = 0;
  for (; d + 8 <= dim; d += 8) {
    for (int64_t j = 0; j < 8; ++j) sums[j] += a[d + j] * b[d + j];
  }
  for (; d < dim; ++d) sums[d % 8] += a[d] * b[d];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) +
         ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

std::vector<double> CenteredMeans(const Moments& moments) {
  const std::vector<double> center = GlobalMean(moments);
  const double rounding = MeansRounding(moments);
  std::vector<double> rows;
  rows.reserve(static_cast<size_t>(moments.present() * moments.dim));
  for (int64_t c = 0; c < moments.classes(); ++c) {
    if (moments.count[c] == 0) continue;
    const bool zero = SquaredDistance(moments.mean_of(c), center.data(),
                                      moments.dim) <= rounding;
    for (int64_t d = 0; d < moments.dim; ++d) {
      rows.push_back(zero ? 0 : moments.mean_of(c)[d] - center[d]);
    }
  }
  return rows;
}

std::string WhyNoGram(int64_t n) {
  if (n <= kMostInGram) return "";
  const double size = static_cast<double>(n);
  return absl::StrCat("of ", n, " vectors a Gram matrix would be of ",
                      static_cast<int64_t>(size * size * 8 / 1e6),
                      " MB, and is formed of up to ", kMostInGram, " only");
}

Gram GramOf(const double* rows, int64_t n, int64_t dim) {
  if (n > kMostInGram) return {n, {}};
  // Blocks of rows that stay in the cache while they meet one another.
  constexpr int64_t kBlock = 16;
  Gram gram{n, std::vector<double>(static_cast<size_t>(n * n))};
  for (int64_t a0 = 0; a0 < n; a0 += kBlock) {
    for (int64_t b = a0; b < n; ++b) {
      for (int64_t a = a0; a < std::min({n, a0 + kBlock, b + 1}); ++a) {
        gram.products[a * n + b] = gram.products[b * n + a] =
            Dot(rows + a * dim, rows + b * dim, dim);
      }
    }
  }
  return gram;
}

MeansGram MeansGram::Of(const Kept& kept) {
  const Moments& moments = kept.As<Moments>();
  return {
      GramOf(CenteredMeans(moments).data(), moments.present(), moments.dim)};
}

WeightsGram WeightsGram::Of(const Kept& kept) {
  const Head& head = kept.As<Head>();
  return {GramOf(head.weight.data(), head.classes, head.dim)};
}

}  // namespace nclab
