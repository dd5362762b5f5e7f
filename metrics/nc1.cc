// nc1_*: NC1, Tr(Sigma_W Sigma_B^+), as it is and divided by K.
//
//   Sigma_W = (1/N) sum_i z_i z_i^T, z_i = h_i - mu_y   (average over samples)
//   Sigma_B = (1/K) sum_c m_c m_c^T, m_c = mu_c - mu    (average over classes)
//
// By way of G = M M^T, K x K: (K/N) sum_i |G^+ M z_i|^2. Eigenvalues of G up to
// 1e-12 of the largest count as zero, and K-1 at most as more.
// On an exact simplex ETF: variance_ratio * f * (K-1), f the share of the
// within-class variance that lies in the span of the means.
// Source: Papyan, Han, Donoho, arXiv 2008.08186, figure 6, which plots the one
// divided by K; the other is what many codebases call NC1.
//
// within_in_span is that f: Tr(P Sigma_W) / Tr(Sigma_W), P the projection onto
// the span of the rows m_c.
#include "metrics/projected.h"

namespace nclab {
namespace {

// Tr(Sigma_W Sigma_B^+) / divisor.
MetricValue TraceOver(const MetricInput& input, double divisor) {
  const Projections& projections = input.Of<Projections>();
  const char* why = WhyUndefined(input, projections.rank == 0);
  if (*why != 0) return Undefined(why);
  const Moments& moments = input.Of<Moments>();
  const double trace = projections.whitened *
                       static_cast<double>(moments.present()) /
                       static_cast<double>(moments.total());
  return DefinedIfFinite(trace / divisor, "a feature is not a number");
}

NCLAB_REGISTER_METRIC(
    {.name = "nc1_pinv_trace",
     .summary =
         "within over between-class covariance, trace with pseudo-inverse",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 6",
     .formula = "Tr(Sigma_W Sigma_B^+)",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide"},
    [](const Params&, const MetricInput& input) {
      return TraceOver(input, 1);
    });

NCLAB_REGISTER_METRIC(
    {.name = "nc1_pinv_trace_over_classes",
     .summary = "within over between-class covariance, trace with "
                "pseudo-inverse, by K",
     .reference = "Papyan, Han, Donoho, arXiv 2008.08186, figure 6",
     .formula = "Tr(Sigma_W Sigma_B^+) / K",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide"},
    [](const Params&, const MetricInput& input) {
      return TraceOver(input,
                       static_cast<double>(input.Of<Moments>().present()));
    });

NCLAB_REGISTER_METRIC(
    {.name = "within_in_span",
     .summary = "share of the within-class variance inside the span of the "
                "centred means",
     .reference = "nclab, docs/metrics.md, NC1",
     .formula = "Tr(P Sigma_W) / Tr(Sigma_W), P onto the span of m_c",
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide; every "
                  "sample is its class mean"},
    [](const Params&, const MetricInput& input) {
      const Projections& projections = input.Of<Projections>();
      const char* why = WhyUndefined(input, projections.rank == 0);
      if (*why != 0) return Undefined(why);
      double within = 0;
      for (const double scatter : input.Of<Moments>().scatter) {
        within += scatter;
      }
      if (within == 0) return Undefined("every sample is its class mean");
      return DefinedIfFinite(projections.in_span / within,
                             "a feature is not a number");
    });

}  // namespace
}  // namespace nclab
