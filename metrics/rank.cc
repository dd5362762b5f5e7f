// effective_rank_means, participation_ratio_means: how many dimensions the
// centred class means M fill, from the eigenvalues l_i of G = M M^T, which are
// the squares of the singular values s_i of M:
//
//   effective rank       exp(-sum p_i log p_i), p_i = s_i / sum s
//   participation ratio  (sum l)^2 / sum l^2
//
// Both are K-1 for a simplex ETF. Eigenvalues up to 1e-12 of the largest count
// as zero, as in NC1.
// Source: Roy, Vetterli, EUSIPCO 2007 (effective rank); Gao et al., bioRxiv
// 214262 (participation ratio).
#include <cmath>
#include <vector>

#include "metrics/projected.h"

namespace nclab {
namespace {

constexpr double kCutOff = 1e-12;
constexpr char kUndefined[] =
    "fewer than two classes; the class means coincide";

double EffectiveRank(const std::vector<double>& eigenvalues) {
  double sum = 0, entropy = 0;
  for (const double l : eigenvalues) sum += std::sqrt(l);
  for (const double l : eigenvalues) {
    const double p = std::sqrt(l) / sum;
    if (p > 0) entropy -= p * std::log(p);
  }
  return std::exp(entropy);
}

double ParticipationRatio(const std::vector<double>& eigenvalues) {
  double sum = 0, squares = 0;
  for (const double l : eigenvalues) {
    sum += l;
    squares += l * l;
  }
  return sum * sum / squares;
}

MetricFunction OfMeans(double (*measure)(const std::vector<double>&)) {
  return [measure](const Params&, const MetricInput& input) {
    const Projections& projections = input.Of<Projections>();
    const char* why = WhyUndefined(input, projections.rank == 0);
    if (*why != 0) return Undefined(why);
    std::vector<double> eigenvalues;
    for (const double l : projections.spectrum) {
      eigenvalues.push_back(l > kCutOff * projections.spectrum.back() ? l : 0);
    }
    eigenvalues.front() = 0;  // K-1 at most are more
    return DefinedIfFinite(measure(eigenvalues), "a number is not finite");
  };
}

NCLAB_REGISTER_METRIC(
    {.name = "effective_rank_means",
     .summary = "effective rank of the centred class means",
     .reference = "Roy, Vetterli, EUSIPCO 2007",
     .formula = "exp(-sum p log p), p_i = s_i / sum s, s singular values of M",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    OfMeans(EffectiveRank));

NCLAB_REGISTER_METRIC(
    {.name = "participation_ratio_means",
     .summary = "participation ratio of the centred class means",
     .reference = "Gao et al., bioRxiv 214262",
     .formula = "(sum l)^2 / sum l^2, l eigenvalues of M M^T",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    OfMeans(ParticipationRatio));

}  // namespace
}  // namespace nclab
