// nc3_*: NC3, how classifier and class means agree.
//
// W: rows of the last Linear of the classes present, not centred. M: rows
// mu_c - mu.
//
//   nc3_self_duality   | W / |W|_F - M / |M|_F |_F^2: 0 if they are
//                      proportional, 4 if opposite.
//     Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 5.
//   nc3_etf_duality    | W M^T / |W M^T|_F - (I - 11^T/K) / sqrt(K-1) |_F
//     Source: Zhu et al., arXiv 2105.02375, section 4.
//   nc3_cosine_mean, nc3_cosine_var   mean and variance (population) over the
//                      classes of cos(w_c, m_c); the variance is UNC3.
//     Source: Wu, Papyan, arXiv 2405.17767, section 3.
#include <cmath>
#include <string>
#include <vector>

#include "metrics/metric.h"
#include "metrics/statistics/kept/geometry.h"

namespace nclab {
namespace {

// Rows of the classes present, [P, D] each; or why there are none.
struct Rows {
  int64_t classes = 0, dim = 0;
  std::vector<double> means, weights;
  std::string undefined;
};

Rows RowsOf(const MetricInput& input) {
  const Moments& m = input.Of<Moments>();
  const Head& head = input.Of<Head>();
  Rows rows = {m.present(), m.dim};
  if (rows.classes < 2) {
    rows.undefined = "fewer than two classes are present";
  } else if (head.dim != m.dim || head.classes < m.classes()) {
    rows.undefined = "classifier and features differ in shape";
  } else {
    rows.means = CenteredMeans(m);
    for (int64_t c = 0; c < m.classes(); ++c) {
      if (m.count[c] == 0) continue;
      const double* row = head.weight.data() + c * head.dim;
      rows.weights.insert(rows.weights.end(), row, row + head.dim);
    }
  }
  return rows;
}

NCLAB_REGISTER_METRIC(
    {.name = "nc3_self_duality",
     .summary = "squared distance of normalised classifier and centred means",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 5",
     .formula = "| W/|W|_F - M/|M|_F |_F^2",
     .statistics = {"class_moments", kHead},
     .invariance = kInvariantToAll,
     .undefined =
         "fewer than two classes; the class means coincide; W is zero"},
    [](const Params&, const MetricInput& input) {
      const Rows rows = RowsOf(input);
      if (!rows.undefined.empty()) return Undefined(rows.undefined);
      const std::vector<double>&means = rows.means, &weights = rows.weights;
      const std::vector<double> zero(means.size());
      const int64_t size = static_cast<int64_t>(means.size());
      const double means_norm =
          std::sqrt(SquaredDistance(means.data(), zero.data(), size));
      const double weights_norm =
          std::sqrt(SquaredDistance(weights.data(), zero.data(), size));
      if (means_norm == 0) return Undefined("the class means coincide");
      if (weights_norm == 0) return Undefined("the classifier is zero");
      double sum = 0;
      for (int64_t i = 0; i < size; ++i) {
        const double difference =
            weights[i] / weights_norm - means[i] / means_norm;
        sum += difference * difference;
      }
      return DefinedIfFinite(sum, "a number is not finite");
    });

NCLAB_REGISTER_METRIC(
    {.name = "nc3_etf_duality",
     .summary = "distance of W M^T, scaled to norm 1, from a simplex ETF",
     .reference = "Zhu et al., arXiv 2105.02375, section 4",
     .formula = "| W M^T/|W M^T|_F - (I - 11^T/K)/sqrt(K-1) |_F",
     .statistics = {"class_moments", kHead},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide; W M^T is "
                  "zero"},
    [](const Params&, const MetricInput& input) {
      const Rows rows = RowsOf(input);
      if (!rows.undefined.empty()) return Undefined(rows.undefined);
      const int64_t k = rows.classes;
      const std::string why = WhyNoGram(k);
      if (!why.empty()) return Undefined(why);
      std::vector<double> products(static_cast<size_t>(k * k));
      for (int64_t a = 0; a < k; ++a) {
        for (int64_t b = 0; b < k; ++b) {
          products[a * k + b] = Dot(rows.weights.data() + a * rows.dim,
                                    rows.means.data() + b * rows.dim, rows.dim);
        }
      }
      const double norm =
          std::sqrt(Dot(products.data(), products.data(), k * k));
      if (norm == 0) return Undefined("W M^T is zero");
      const double n = static_cast<double>(k), scale = 1 / std::sqrt(n - 1);
      double sum = 0;
      for (int64_t a = 0; a < k; ++a) {
        for (int64_t b = 0; b < k; ++b) {
          const double error =
              products[a * k + b] / norm - scale * ((a == b ? 1 : 0) - 1 / n);
          sum += error * error;
        }
      }
      return DefinedIfFinite(std::sqrt(sum), "a number is not finite");
    });

MetricFunction OfCosines(bool variance) {
  return [variance](const Params&, const MetricInput& input) {
    const Rows rows = RowsOf(input);
    if (!rows.undefined.empty()) return Undefined(rows.undefined);
    std::vector<double> cosines;
    for (int64_t c = 0; c < rows.classes; ++c) {
      const double* w = rows.weights.data() + c * rows.dim;
      const double* m = rows.means.data() + c * rows.dim;
      const double norms =
          std::sqrt(Dot(w, w, rows.dim)) * std::sqrt(Dot(m, m, rows.dim));
      if (norms == 0) return Undefined("a row or a centred mean is zero");
      cosines.push_back(Dot(w, m, rows.dim) / norms);
    }
    const double n = static_cast<double>(cosines.size());
    double mean = 0, squares = 0;
    for (const double cosine : cosines) mean += cosine / n;
    for (const double cosine : cosines) {
      squares += (cosine - mean) * (cosine - mean) / n;
    }
    return DefinedIfFinite(variance ? squares : mean, "a number is not finite");
  };
}

constexpr char kNoCosine[] =
    "fewer than two classes; a class mean is the global mean; a row is zero";

NCLAB_REGISTER_METRIC(
    {.name = "nc3_cosine_mean",
     .summary = "mean cosine of classifier row and centred mean",
     .reference = "Wu, Papyan, arXiv 2405.17767",
     .formula = "mean_c cos(w_c, m_c)",
     .statistics = {"class_moments", kHead},
     .invariance = kInvariantToAll,
     .undefined = kNoCosine},
    OfCosines(false));

NCLAB_REGISTER_METRIC(
    {.name = "nc3_cosine_var",
     .summary = "variance of the cosines of classifier rows and centred means",
     .reference = "Wu, Papyan, arXiv 2405.17767 (UNC3)",
     .formula = "variance over c of cos(w_c, m_c)",
     .statistics = {"class_moments", kHead},
     .invariance = kInvariantToAll,
     .undefined = kNoCosine},
    OfCosines(true));

}  // namespace
}  // namespace nclab
