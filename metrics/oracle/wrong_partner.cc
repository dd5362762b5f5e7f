// The wrong-vertex model whose number of samples grows as K, not as K^2.
#include <algorithm>
#include <cmath>

#include "metrics/oracle/builder.h"
#include "metrics/oracle/oracle.h"

namespace nclab {
namespace {

constexpr double kWrong = 0.2;

}  // namespace

Oracle WrongPartner(int64_t classes, int64_t dim, double ratio, double offset) {
  Builder builder("wrong partner, 1 in 5", classes, dim, offset);
  const double k = static_cast<double>(classes), d = static_cast<double>(dim);
  const double square = Square(kScale) * d;  // of a vertex
  const double clean = square * (k - 1) / k;
  const double size = OnGrid(std::sqrt(ratio * clean / d));
  const double height = 2;
  LogitSums logits;
  RowVariances outside;
  const int64_t free_rows = dim - 1 - classes;
  for (int64_t c = 0; c < classes; ++c) {
    const int64_t noise_row = free_rows == 0 ? 0 : classes + 1 + c % free_rows;
    outside.Add(noise_row, Square(size / kScale));
    for (int64_t i = 0; i < 5; ++i) {
      const int64_t vertex = i == 0 ? c ^ 1 : c;
      builder.AddPair(c, {{vertex + 1, kScale}}, {{noise_row, size}});
      for (int j = 0; j < 2; ++j) {
        vertex == c ? logits.Count({height}, classes)
                    : logits.Count({0, height}, classes);
      }
    }
    builder.AddWeight({{c + 1, height / (kScale * d)}});
  }
  // In units of the vertices' square. Products of uncentred means: with
  // themselves, with the partner; of centred means 1/K less, with others -1/K.
  const double own = Square(1 - kWrong) + Square(kWrong);
  const double partner = 2 * kWrong * (1 - kWrong);
  const double x = own - 1 / k, y = partner - 1 / k, z = -1 / k;
  const double noise = Square(size) * d;
  const double within = square * (1 - own) + noise, between = square * x;
  const double apart = Square(1 - 2 * kWrong);  // = own - partner
  const double pairs = 1 / (k - 1);             // the share of partners
  builder.KnowVariances(within, between);
  builder.Know("cdnv", "own",
               within / square / 2 * (pairs / apart + (1 - pairs) / own));
  // All of Sigma_W but the noise lies along the differences of partners.
  builder.KnowTrace(k * partner / apart, 1);
  const double norm = std::sqrt(k * (x * x + y * y + (k - 2) * z * z));
  if (classes == 2) {
    builder.KnowMeansGeometry(0, 0, 0, 0);
  } else {
    builder.KnowMeansGeometry(
        0, std::sqrt(pairs * (1 - pairs)) * (y - z) / x,
        pairs * std::abs(y / x + pairs) + (1 - pairs) * std::abs(z / x + pairs),
        std::sqrt(2 - 2 * k * x / (norm * std::sqrt(k - 1))));
  }
  builder.Know("nc2_equinorm_weights", "", 0);
  builder.Know("nc2_cos_std_weights", "", 0);
  builder.Know("nc2_max_angle_weights", "", pairs);
  builder.Know("nc2_etf_error_weights", "",
               std::sqrt(2 - 2 * std::sqrt((k - 1) / k)));
  builder.Know("nc3_self_duality", "own",
               2 - 2 * (1 - kWrong - 1 / k) / std::sqrt(x));
  const double dual = 1 - kWrong - 1 / k;  // w_c . m_c
  builder.KnowClassifier(
      1 / std::sqrt(k),
      // W M^T is a simplex ETF's if K is 2.
      classes == 2 ? 0
                   : std::sqrt(2 - 2 * k * dual / std::sqrt(k * x * (k - 1))),
      dual / std::sqrt(x));
  const double near = -std::log(2 - 2 * y / x) / 2;
  const double far = -std::log(2 - 2 * z / x) / 2;
  builder.KnowSphere(pairs * near + (1 - pairs) * far,
                     pairs * (1 - pairs) * Square(near - far));
  // Sums of partners have the singular value 1 (in K/2 - 1 directions), their
  // differences 1 - 2p (in K/2).
  const double sums = k / 2 - 1, gap = 1 - 2 * kWrong;
  const double singular = sums + k / 2 * gap;
  builder.KnowRanks(
      std::exp(-sums / singular * std::log(1 / singular) -
               k / 2 * gap / singular * std::log(gap / singular)),
      Square(sums + k / 2 * apart) / (sums + k / 2 * Square(apart)));
  // Towards the partner a sample is at 1 or -1; towards others at 1-p or p.
  const double toward_other =
      (1 - kWrong) * Square(1 - kWrong) + kWrong * Square(kWrong) - Square(own);
  builder.KnowWhereNoiseLies(square * (1 - own) / within,
                             pairs * partner / 2 / apart +
                                 (1 - pairs) * toward_other / (4 * Square(own)),
                             1);
  // In units of the vertices' square: differences 4 p (1-p) and (1-2p)^2 by K,
  // sums 0 and 1 by K.
  builder.KnowSpectra(outside.With(classes / 2, 2 * partner / k),
                      outside.With(classes - 1, 1 / k),
                      k / 2 / (k - 1) * 2 * partner);
  builder.Know("loss", "", logits.loss / logits.samples);
  builder.Know("accuracy", "", logits.correct / logits.samples);
  builder.Know("ncc_accuracy", "own", 1 - kWrong);
  builder.Know("nc4_ncc_mismatch", "own", 0);
  if (noise / clean < kWeakRatio) {
    builder.Know("weak_variance_ratio", "final", noise / clean);
  }
  return builder.Take();
}

}  // namespace nclab
