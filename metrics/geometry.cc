#include "metrics/geometry.h"

#include <algorithm>
#include <cmath>

namespace nclab {
namespace {

constexpr char kFewer[] = "fewer than two vectors";
constexpr char kZero[] = "a vector is zero and has no direction";

// Dot product in eight partial sums, so that it needs no reassociation to be
// fast.
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

// Cosines of pairs a < b; empty if a vector is zero.
std::vector<double> Cosines(const Gram& gram) {
  std::vector<double> norm, cosines;
  for (int64_t a = 0; a < gram.n; ++a) {
    if (!(gram(a, a) > 0)) return {};
    norm.push_back(std::sqrt(gram(a, a)));
  }
  for (int64_t a = 0; a < gram.n; ++a) {
    for (int64_t b = a + 1; b < gram.n; ++b) {
      cosines.push_back(gram(a, b) / (norm[a] * norm[b]));
    }
  }
  return cosines;
}

double Mean(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

double Deviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

}  // namespace

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

Gram GramOf(const double* rows, int64_t n, int64_t dim) {
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

MetricValue Equinorm(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  std::vector<double> norms;
  for (int64_t a = 0; a < gram.n; ++a) norms.push_back(std::sqrt(gram(a, a)));
  const double mean = Mean(norms);
  if (mean == 0) return Undefined("every vector is zero");
  return DefinedIfFinite(Deviation(norms) / mean, "a number is not finite");
}

MetricValue CosStd(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  const std::vector<double> cosines = Cosines(gram);
  if (cosines.empty()) return Undefined(kZero);
  return DefinedIfFinite(Deviation(cosines), "a number is not finite");
}

MetricValue MaxAngle(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  std::vector<double> cosines = Cosines(gram);
  if (cosines.empty()) return Undefined(kZero);
  for (double& cosine : cosines) {
    cosine = std::abs(cosine + 1 / static_cast<double>(gram.n - 1));
  }
  return DefinedIfFinite(Mean(cosines), "a number is not finite");
}

MetricValue EtfError(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  const double norm = std::sqrt(
      Dot(gram.products.data(), gram.products.data(), gram.n * gram.n));
  if (norm == 0) return Undefined("every vector is zero");
  const double n = static_cast<double>(gram.n), scale = 1 / std::sqrt(n - 1);
  double sum = 0;
  for (int64_t a = 0; a < gram.n; ++a) {
    for (int64_t b = 0; b < gram.n; ++b) {
      const double etf = scale * ((a == b ? 1 : 0) - 1 / n);
      const double error = gram(a, b) / norm - etf;
      sum += error * error;
    }
  }
  return DefinedIfFinite(std::sqrt(sum), "a number is not finite");
}

}  // namespace nclab
