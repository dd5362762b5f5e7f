// cdnv: class-distance normalised variance, the mean over pairs of classes of
//
//   (v_a + v_b) / (2 |mu_a - mu_b|^2),  v_c = (1/n_c) sum_{y=c} |h - mu_c|^2.
//
// On an exact simplex ETF of equal classes: variance_ratio * (K-1) / (2K).
//
// cdnv_directional: the same with the variance along mu_a - mu_b alone, which
// is what a classifier between the two sees:
//
//   (v_ab + v_ba) / (2 |mu_a - mu_b|^2),
//   v_ab = (1/n_a) sum_{y=a} ((h - mu_a) . (mu_a - mu_b))^2 / |mu_a - mu_b|^2.
//
// Source of that: Luthra, Yang, Galanti, arXiv 2506.04411, where it is the mean
// over ordered pairs of v_ab / |mu_a - mu_b|^2: the same.
//
// cdnv_train_means: the samples of a split, around and between the class means
// nu_c of the training split at the same step:
//
//   (u_a + u_b) / (2 |nu_a - nu_b|^2),  u_c = (1/n_c) sum_{y=c} |h - nu_c|^2.
//
// Source: Galanti, Gyorgy, Hutter, arXiv 2112.15121.
#include <vector>

#include "metrics/metric.h"

namespace nclab {
namespace {

NCLAB_REGISTER_METRIC(
    {.name = "cdnv",
     .summary = "class-distance normalised variance, mean over pairs",
     .reference = "Galanti, Gyorgy, Hutter, arXiv 2112.15121",
     .formula = "mean over a<b of (v_a + v_b) / (2 |mu_a - mu_b|^2)",
     .statistics = {"class_moments"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; two class means coincide"},
    [](const Params&, const MetricInput& input) {
      const Moments& m = input.Of<Moments>();
      const double rounding = MeansRounding(m);
      double sum = 0;
      int64_t pairs = 0;
      for (int64_t a = 0; a < m.classes(); ++a) {
        if (m.count[a] == 0) continue;
        for (int64_t b = a + 1; b < m.classes(); ++b) {
          if (m.count[b] == 0) continue;
          const double distance =
              SquaredDistance(m.mean_of(a), m.mean_of(b), m.dim);
          if (distance <= rounding) {
            return Undefined("two class means coincide");
          }
          sum += (m.scatter[a] / static_cast<double>(m.count[a]) +
                  m.scatter[b] / static_cast<double>(m.count[b])) /
                 (2 * distance);
          ++pairs;
        }
      }
      if (pairs == 0) return Undefined("fewer than two classes are present");
      return DefinedIfFinite(sum / static_cast<double>(pairs),
                             "a feature is not finite");
    });

NCLAB_REGISTER_METRIC(
    {.name = "cdnv_directional",
     .summary = "as cdnv, of the variance along the line between two means",
     .reference = "Luthra, Yang, Galanti, arXiv 2506.04411",
     .formula = "mean over a<b of (v_ab + v_ba) / (2 |mu_a - mu_b|^2), v_ab "
                "the variance of class a along mu_a - mu_b",
     .statistics = {"class_moments", "projections.along"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; two class means coincide"},
    [](const Params&, const MetricInput& input) {
      const Moments& m = input.Of<Moments>();
      const Projections& projections = input.Of<Projections>();
      std::vector<int64_t> present;
      for (int64_t c = 0; c < m.classes(); ++c) {
        if (m.count[c] > 0) present.push_back(c);
      }
      const size_t n = present.size();
      if (n < 2) return Undefined("fewer than two classes are present");
      const double rounding = MeansRounding(m);
      double sum = 0;
      for (size_t i = 0; i < n; ++i) {
        const int64_t a = present[i];
        for (size_t j = i + 1; j < n; ++j) {
          const int64_t b = present[j];
          const double distance =
              SquaredDistance(m.mean_of(a), m.mean_of(b), m.dim);
          if (distance <= rounding) {
            return Undefined("two class means coincide");
          }
          sum +=
              (projections.along[i * n + j] / static_cast<double>(m.count[a]) +
               projections.along[j * n + i] / static_cast<double>(m.count[b])) /
              (2 * distance * distance);
        }
      }
      return DefinedIfFinite(sum / (static_cast<double>(n * (n - 1)) / 2),
                             "a feature is not finite");
    });

NCLAB_REGISTER_METRIC(
    {.name = "cdnv_train_means",
     .summary = "as cdnv, around and between the means of the training split",
     .reference = "Galanti, Gyorgy, Hutter, arXiv 2112.15121",
     .formula = "mean over a<b of (u_a + u_b) / (2 |nu_a - nu_b|^2), nu_c = "
                "mu_c(train), u_c = E_c|h - nu_c|^2",
     .statistics = {"train_means"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; two class means coincide"},
    [](const Params&, const MetricInput& input) {
      const Arrays& of = input.now.Get("train_means");
      const int64_t pairs = of.at("pairs").integer();
      if (pairs == 0) {
        return Undefined("fewer than two classes are present in both splits");
      }
      if (of.at("coincide").integer() != 0) {
        return Undefined("two class means coincide");
      }
      return DefinedIfFinite(of.at("cdnv").real() / static_cast<double>(pairs),
                             "a feature is not finite");
    });

}  // namespace
}  // namespace nclab
