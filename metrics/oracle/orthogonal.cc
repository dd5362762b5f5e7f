// Oracles without a classifier, whose vertices or samples are orthogonal.
#include <algorithm>
#include <cmath>
#include <vector>

#include "metrics/oracle/builder.h"
#include "metrics/oracle/oracle.h"

namespace nclab {

Oracle CrossPolytope(int64_t classes, int64_t dim, double ratio,
                     double offset) {
  Builder builder("cross-polytope", classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  const int64_t half = classes / 2;
  const double between = Square(kScale) * d;
  double size = OnGrid(std::sqrt(ratio) * kScale);
  if (size == kScale) size -= kUnit;
  const int64_t pairs = std::max<int64_t>(1, 32 / classes);
  const double height = 3;
  double wrong = 0;
  for (int64_t c = 0; c < classes; ++c) {
    for (int64_t j = 0; j < pairs; ++j) {
      const int64_t own = c % half;
      const int64_t other = half > 1 ? (own + 1 + j % (half - 1)) % half : own;
      builder.AddPair(c, {{own, c < half ? kScale : -kScale}}, {{other, size}});
      for (int i = 0; i < 2; ++i) {
        const bool err = (2 * (c * pairs + j) + i) % 4 == 3;
        wrong += err;
        builder.AddLogits(err ? (c + 1) % classes : c, height);
      }
    }
  }
  const double within = Square(size) * d, r = within / between;
  builder.KnowVariances(within, between);
  builder.Know("cdnv", "own", r * (1 / (k - 1) / 4 + (k - 2) / (k - 1) / 2));
  builder.KnowTrace(r * k / 2, r * k);
  builder.KnowMeansGeometry(0, std::sqrt(k - 2) / (k - 1),
                            2 * (k - 2) / Square(k - 1),
                            std::sqrt(2 - 2 * std::sqrt(k / (2 * (k - 1)))));
  builder.KnowWhereNoiseLies(1, Square(size / kScale) / (2 * (k - 1)), r);
  const double opposite = 1 / (k - 1), step = std::log(2.0) / 2;
  builder.KnowSphere(-step * (1 + opposite),
                     step * step * opposite * (1 - opposite));
  builder.KnowRanks(k / 2, k / 2);
  const size_t rank = static_cast<size_t>(half);
  const double q = Square(size / kScale);
  builder.KnowSpectra(std::vector<double>(rank, q),
                      std::vector<double>(rank, 1 + q), q / (1 + q));
  const double n = 2 * k * static_cast<double>(pairs), share = wrong / n;
  builder.Know("loss", "",
               std::log1p((k - 1) * std::exp(-height)) + share * height);
  builder.Know("accuracy", "", 1 - share);
  builder.Know("ncc_accuracy", "own", 1);
  builder.Know("nc4_ncc_mismatch", "own", share);
  if (r < kWeakRatio) {
    builder.Know("weak_variance_ratio", "final", r);
    builder.KnowProbesAreRight();
  }
  return builder.Take();
}

Oracle RandomFeatures(int64_t classes, int64_t dim, double offset) {
  Builder builder("random features", classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  constexpr double kEach = 4;
  for (int64_t i = 0; i < 4 * classes; ++i) {
    builder.Add(i % classes, {{i, kScale}});
  }
  const double within = Square(kScale) * d * (1 - 1 / kEach);
  const double between = Square(kScale) * d / kEach * (k - 1) / k;
  builder.KnowVariances(within, between);
  builder.Know("cdnv", "own", (kEach - 1) / 2);
  builder.KnowTrace(0, within / between * (k - 1));
  builder.KnowMeansGeometry(0, 0, 0, 0);
  builder.KnowWhereNoiseLies(0, 0, (kEach - 1) / 2);
  builder.KnowEtfSphereAndRanks();
  // All samples but their mean, of each class or of all, are alike.
  const size_t n = static_cast<size_t>(4 * classes);
  builder.KnowSpectra(std::vector<double>(n - n / 4, 1.0),
                      std::vector<double>(n - 1, 1.0), 0);
  if (dim <= 4096) builder.Know("ridge_accuracy", "", 1);
  builder.Know("ncc_accuracy", "own", 1);
  return builder.Take();
}

}  // namespace nclab
