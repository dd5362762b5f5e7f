#include "metrics/oracle/rounded.h"

#include <cmath>
#include <limits>
#include <random>
#include <vector>

namespace nclab {
namespace {

// Reflects every row [D] at the plane orthogonal to a random direction.
void Reflect(std::mt19937_64& engine, int64_t dim, std::vector<double>& rows) {
  std::normal_distribution<double> normal;
  std::vector<double> v(static_cast<size_t>(dim));
  double square = 0;
  for (double& x : v) {
    x = normal(engine);
    square += x * x;
  }
  for (size_t row = 0; row < rows.size(); row += v.size()) {
    double product = 0;
    for (size_t d = 0; d < v.size(); ++d) product += v[d] * rows[row + d];
    for (size_t d = 0; d < v.size(); ++d) {
      rows[row + d] -= 2 * product / square * v[d];
    }
  }
}

// Two passes, in long double: variance_ratio.
double ExactRatio(const Oracle& o) {
  using Wide = long double;
  const size_t d = static_cast<size_t>(o.dim);
  const size_t k = static_cast<size_t>(o.classes);
  std::vector<Wide> means(k * d), center(d);
  std::vector<Wide> counts(k);
  for (size_t i = 0; i < o.labels.size(); ++i) {
    const size_t c = static_cast<size_t>(o.labels[i]);
    counts[c] += 1;
    for (size_t j = 0; j < d; ++j) means[c * d + j] += o.features[i * d + j];
  }
  for (size_t c = 0; c < k; ++c) {
    for (size_t j = 0; j < d; ++j) {
      means[c * d + j] /= counts[c];
      center[j] += means[c * d + j] / static_cast<Wide>(k);
    }
  }
  Wide within = 0, between = 0;
  for (size_t i = 0; i < o.labels.size(); ++i) {
    const size_t c = static_cast<size_t>(o.labels[i]);
    for (size_t j = 0; j < d; ++j) {
      const Wide z = o.features[i * d + j] - means[c * d + j];
      within += z * z;
    }
  }
  for (size_t c = 0; c < k; ++c) {
    for (size_t j = 0; j < d; ++j) {
      const Wide m = means[c * d + j] - center[j];
      between += m * m;
    }
  }
  return static_cast<double>((within / static_cast<Wide>(o.labels.size())) /
                             (between / static_cast<Wide>(k)));
}

}  // namespace

Rounded RoundedSimplexEtf(int64_t classes, int64_t dim, double ratio,
                          double offset, const std::string& dtype) {
  constexpr int64_t kPairs = 4;  // a class
  const double k = static_cast<double>(classes);
  // B = (K-1)/K with the vertices e_c; |noise|^2 = 2 size^2.
  const double within = ratio * (k - 1) / k, size = std::sqrt(within / 2);
  Rounded result;
  Oracle& o = result.oracle;
  o.family = "ETF in general position";
  o.classes = classes;
  o.dim = dim;
  o.offset = offset;
  result.dtype = dtype;
  result.ratio = ratio;
  for (int64_t c = 0; c < classes; ++c) {
    for (int64_t j = 0; j < 2 * kPairs; ++j) {
      std::vector<double> row(static_cast<size_t>(dim));
      const double sign = j % 2 == 0 ? 1 : -1;
      row[c] += 1;
      row[(c + j / 2 + 1) % classes] += sign * size;
      row[(c + j / 2 + 2) % classes] -= sign * size;
      o.features.insert(o.features.end(), row.begin(), row.end());
      o.labels.push_back(c);
    }
  }
  std::mt19937_64 engine(1);
  for (int i = 0; i < 3; ++i) Reflect(engine, dim, o.features);
  double spacing = 0;  // mean square
  for (double& x : o.features) {
    x += offset;
    double next;
    if (dtype == "F32") {
      const float narrow = static_cast<float>(x);
      x = narrow;
      next = std::nextafter(std::abs(narrow),
                            std::numeric_limits<float>::infinity());
    } else {
      next =
          std::nextafter(std::abs(x), std::numeric_limits<double>::infinity());
    }
    spacing += (next - std::abs(x)) * (next - std::abs(x));
  }
  spacing /= static_cast<double>(o.features.size());
  result.exact = ExactRatio(o);
  const double noise = spacing / 12 / within;
  result.moved = static_cast<double>(dim) * noise +
                 6 * std::sqrt(noise / static_cast<double>(o.samples()));
  return result;
}

}  // namespace nclab
