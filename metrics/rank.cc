// effective_rank_*, participation_ratio_*: how many dimensions something fills,
// from eigenvalues l_i:
//
//   effective rank       exp(-sum p_i log p_i), p_i = s_i / sum s, s_i^2 = l_i
//   participation ratio  (sum l)^2 / sum l^2
//
//   _means     the centred class means M: l of G = M M^T, which are the squares
//              of the singular values of M
//   _features  the samples around their mean: l of their covariance
//   _within    the samples around their class means: l of Sigma_W
//
// Both of _means are K-1 for a simplex ETF; both of the others are D for
// isotropic noise. Eigenvalues up to 1e-12 of the largest count as zero, as in
// NC1.
// Source: Roy, Vetterli, EUSIPCO 2007 (effective rank); Gao et al., bioRxiv
// 214262 (participation ratio).
#include <cmath>
#include <string>
#include <vector>

#include "metrics/projected.h"
#include "metrics/second_moments.h"

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

// `eigenvalues`, ascending, without those that are rounding.
std::vector<double> Cut(std::vector<double> eigenvalues) {
  for (double& l : eigenvalues) {
    if (!(l > kCutOff * eigenvalues.back())) l = 0;
  }
  return eigenvalues;
}

using Measure = double (*)(const std::vector<double>&);

MetricFunction OfMeans(Measure measure) {
  return [measure](const Params&, const MetricInput& input) {
    const Projections& projections = input.Of<Projections>();
    const char* why = WhyUndefined(input, projections.rank == 0);
    if (*why != 0) return Undefined(why);
    std::vector<double> eigenvalues = Cut(projections.spectrum);
    eigenvalues.front() = 0;  // K-1 at most are more
    return DefinedIfFinite(measure(eigenvalues), "a number is not finite");
  };
}

// `spectrum`: of statistic second_moments.
MetricFunction OfSpectrum(Measure measure, const char* spectrum) {
  return [=](const Params&, const MetricInput& input) {
    const std::string why = WhyNoSecondMoments(input.now);
    if (!why.empty()) return Undefined(why);
    const std::vector<double> eigenvalues =
        Cut(input.now.Get("second_moments", spectrum).reals());
    if (!(eigenvalues.back() > 0)) return Undefined("the samples coincide");
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

constexpr char kNoSpectrum[] =
    "the samples coincide, with one another or with their class means; D is "
    "above 2,048";

NCLAB_REGISTER_METRIC(
    {.name = "effective_rank_features",
     .summary = "effective rank of the features around their mean",
     .reference = "Roy, Vetterli, EUSIPCO 2007",
     .formula = "exp(-sum p log p), p_i = s_i / sum s, s singular values of h "
                "- E h",
     .anchors = MetricAnchors::kNone,
     .statistics = {"second_moments"},
     .invariance = kInvariantToAll,
     .undefined = kNoSpectrum},
    OfSpectrum(EffectiveRank, "total"));

NCLAB_REGISTER_METRIC(
    {.name = "effective_rank_within",
     .summary = "effective rank of the features around their class means",
     .reference = "Roy, Vetterli, EUSIPCO 2007",
     .formula =
         "exp(-sum p log p), p_i = s_i / sum s, s singular values of h - mu_y",
     .statistics = {"second_moments"},
     .invariance = kInvariantToAll,
     .undefined = kNoSpectrum},
    OfSpectrum(EffectiveRank, "within"));

NCLAB_REGISTER_METRIC(
    {.name = "participation_ratio_features",
     .summary = "participation ratio of the features around their mean",
     .reference = "Gao et al., bioRxiv 214262",
     .formula = "(Tr S)^2 / Tr S^2, S = E (h - E h)(h - E h)^T",
     .anchors = MetricAnchors::kNone,
     .statistics = {"second_moments"},
     .invariance = kInvariantToAll,
     .undefined = kNoSpectrum},
    OfSpectrum(ParticipationRatio, "total"));

NCLAB_REGISTER_METRIC(
    {.name = "participation_ratio_within",
     .summary = "participation ratio of the features around their class means",
     .reference = "Gao et al., bioRxiv 214262",
     .formula = "(Tr Sigma_W)^2 / Tr Sigma_W^2",
     .statistics = {"second_moments"},
     .invariance = kInvariantToAll,
     .undefined = kNoSpectrum},
    OfSpectrum(ParticipationRatio, "within"));

}  // namespace
}  // namespace nclab
