// nc2_*: NC2, from the dot products of n vectors v_1 .. v_n.
//
// For nc2_*_means these are the centred class means mu_c - mu of the classes
// present, for nc2_*_weights the rows w_c of the last Linear, all of them and
// not centred.
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "metrics/metric.h"
#include "metrics/statistics/kept/geometry.h"

namespace nclab {
namespace {

constexpr char kFewer[] = "fewer than two vectors";
constexpr char kZero[] = "a vector is zero and has no direction";

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

// Of the population.
double StandardDeviation(const std::vector<double>& values) {
  const double mean = Mean(values);
  double sum = 0;
  for (const double value : values) sum += (value - mean) * (value - mean);
  return std::sqrt(sum / static_cast<double>(values.size()));
}

// Standard deviation (population) over mean of the norms |v_c|: NC2, equal
// norms. Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 2.
MetricValue Equinorm(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  std::vector<double> norms;
  for (int64_t a = 0; a < gram.n; ++a) norms.push_back(std::sqrt(gram(a, a)));
  const double mean = Mean(norms);
  if (mean == 0) return Undefined("every vector is zero");
  return DefinedIfFinite(StandardDeviation(norms) / mean,
                         "a number is not finite");
}

// Standard deviation (population) of cos(v_a, v_b) over pairs a < b: NC2,
// equal angles. Source: same, figure 3.
MetricValue CosStd(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  const std::vector<double> cosines = Cosines(gram);
  if (cosines.empty()) return Undefined(kZero);
  return DefinedIfFinite(StandardDeviation(cosines), "a number is not finite");
}

// Mean of |cos(v_a, v_b) + 1/(n-1)| over pairs: NC2, angles as wide as n
// vectors can have. Source: same, figure 4.
MetricValue MaxAngle(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  std::vector<double> cosines = Cosines(gram);
  if (cosines.empty()) return Undefined(kZero);
  for (double& cosine : cosines) {
    cosine = std::abs(cosine + 1 / static_cast<double>(gram.n - 1));
  }
  return DefinedIfFinite(Mean(cosines), "a number is not finite");
}

// | V V^T / |V V^T|_F - (I - 11^T/n) / sqrt(n-1) |_F: NC2, distance from a
// simplex ETF. Source: Zhu et al., arXiv 2105.02375, section 4.
MetricValue EtfError(const Gram& gram) {
  if (gram.n < 2) return Undefined(kFewer);
  const int64_t entries = gram.n * gram.n;
  const double norm =
      std::sqrt(Dot(gram.products.data(), gram.products.data(), entries));
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

// What is measured of V, whatever V is.
struct Measure {
  const char* name;
  const char* summary;  // to be followed by what V is
  const char* reference;
  const char* formula;
  bool one_zero;  // one zero vector leaves it undefined, not only V = 0
  MetricValue (*of)(const Gram&);
};

constexpr Measure kEquinorm = {
    .name = "equinorm",
    .summary = "relative deviation of norms of ",
    .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 2",
    .formula = "std_c |v_c| / mean_c |v_c|",
    .one_zero = false,
    .of = Equinorm};
constexpr Measure kCosStd = {
    .name = "cos_std",
    .summary = "deviation of pairwise cosines of ",
    .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 3",
    .formula = "std over a<b of cos(v_a, v_b)",
    .one_zero = true,
    .of = CosStd};
constexpr Measure kMaxAngle = {
    .name = "max_angle",
    .summary = "mean distance of cosines from -1/(K-1), of ",
    .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 4",
    .formula = "mean over a<b of |cos(v_a, v_b) + 1/(K-1)|",
    .one_zero = true,
    .of = MaxAngle};
constexpr Measure kEtfError = {
    .name = "etf_error",
    .summary = "distance of the Gram matrix from a simplex ETF's, of ",
    .reference = "Zhu et al., arXiv 2105.02375, section 4",
    .formula = "| V V^T/|V V^T| - (I - 11^T/K)/sqrt(K-1) |_F",
    .one_zero = false,
    .of = EtfError};

MetricInfo OfMeans(const Measure& measure) {
  return {.name = absl::StrCat("nc2_", measure.name, "_means"),
          .summary = absl::StrCat(measure.summary, "centred class means"),
          .reference = measure.reference,
          .formula = measure.formula,
          .anchors = MetricAnchors::kOwn,
          .statistics = {"class_moments"},
          .invariance = kInvariantToAll,
          .undefined =
              absl::StrCat("fewer than two classes; ",
                           measure.one_zero ? "a class mean is the global mean"
                                            : "the class means coincide")};
}

MetricInfo OfRows(const Measure& measure) {
  return {.name = absl::StrCat("nc2_", measure.name, "_weights"),
          .summary = absl::StrCat(measure.summary, "classifier rows"),
          .reference = measure.reference,
          .formula = measure.formula,
          .anchors = MetricAnchors::kNone,
          .statistics = {kHead},
          .invariance = kInvariantToAll,
          .undefined =
              absl::StrCat("fewer than two rows; ",
                           measure.one_zero ? "a row is zero" : "W is zero")};
}

template <typename View>
MetricFunction From(const Measure& measure) {
  return [of = measure.of](const Params&, const MetricInput& input) {
    const Gram& gram = input.Of<View>().gram;
    const std::string why = WhyNoGram(gram.n);
    return why.empty() ? of(gram) : Undefined(why);
  };
}

#define NCLAB_REGISTER_NC2(measure)                                  \
  NCLAB_REGISTER_METRIC(OfMeans(measure), From<MeansGram>(measure)); \
  NCLAB_REGISTER_METRIC(OfRows(measure), From<WeightsGram>(measure))

NCLAB_REGISTER_NC2(kEquinorm);
NCLAB_REGISTER_NC2(kCosStd);
NCLAB_REGISTER_NC2(kMaxAngle);
NCLAB_REGISTER_NC2(kEtfError);

}  // namespace
}  // namespace nclab
