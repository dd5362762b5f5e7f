// equi_separation_*, ncc_depth: how collapse goes from layer to layer.
//
// Over the layers l = 1, 2, ... of a split in network order, where those before
// an activation (NAME.pre) and those that are the same tensor as the one before
// are left out. D_l = Tr(Sigma_W Sigma_B^+) of layer l:
//
//   slope        of the least-squares line through (l, log D_l)
//   correlation  Pearson's, of l and log D_l; -1 where every layer separates
//                by the same factor
// Source: He, Su, A law of data separation in deep learning, PNAS 120 (2023).
//
// ncc_depth: the first l whose nearest class means err on at most epsilon of
// the samples; the number of layers if there is none.
// Source: Galanti, Galanti, Ben-Shaul, arXiv 2202.09028.
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "metrics/metric.h"

namespace nclab {
namespace {

std::vector<const Kept*> Distinct(const MetricInput& input) {
  std::vector<const Kept*> layers;
  for (const Layer* layer : input.layers) {
    if (absl::EndsWith(layer->name, ".pre")) continue;
    if (!layers.empty() &&
        layers.back()->Get("projections") == layer->kept.Get("projections")) {
      continue;
    }
    layers.push_back(&layer->kept);
  }
  return layers;
}

struct Line {
  double slope = 0, correlation = 0;
  std::string undefined;
};

Line Separation(const MetricInput& input) {
  std::vector<double> logs;
  for (const Kept* layer : Distinct(input)) {
    const Moments& moments = layer->As<Moments>();
    const Projections& projections = layer->As<Projections>();
    const double trace = projections.whitened *
                         static_cast<double>(moments.present()) /
                         static_cast<double>(moments.total());
    if (moments.present() < 2) return {0, 0, "fewer than two classes"};
    if (!projections.finite || !std::isfinite(trace)) {
      return {0, 0, "a feature is not finite"};
    }
    if (projections.rank == 0) return {0, 0, "the class means coincide"};
    if (trace == 0) return {0, 0, "a layer has collapsed: D is 0"};
    logs.push_back(std::log(trace));
  }
  const double n = static_cast<double>(logs.size());
  if (n < 2) return {0, 0, "fewer than two layers"};
  const double middle = (n + 1) / 2;
  double mean = 0, xy = 0, xx = 0, yy = 0;
  for (const double y : logs) mean += y / n;
  for (size_t i = 0; i < logs.size(); ++i) {
    const double x = static_cast<double>(i) + 1 - middle, y = logs[i] - mean;
    xy += x * y;
    xx += x * x;
    yy += y * y;
  }
  if (yy == 0) return {0, 0, "all layers separate alike"};
  return {xy / xx, xy / std::sqrt(xx * yy), ""};
}

MetricFunction Of(double Line::*number) {
  return [number](const Params&, const MetricInput& input) {
    const Line line = Separation(input);
    return line.undefined.empty() ? Defined(line.*number)
                                  : Undefined(line.undefined);
  };
}

constexpr char kUndefined[] =
    "fewer than two classes or layers; the class means coincide in a layer; a "
    "layer has collapsed";

NCLAB_REGISTER_METRIC(
    {.name = "equi_separation_slope",
     .summary = "slope of log NC1 trace over the layers",
     .reference = "He, Su, PNAS 120 (2023)",
     .formula = "least-squares slope of log Tr(Sigma_W Sigma_B^+) over l",
     .scope = MetricScope::kLayers,
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Of(&Line::slope));

NCLAB_REGISTER_METRIC(
    {.name = "equi_separation_correlation",
     .summary = "correlation of log NC1 trace with the number of the layer",
     .reference = "He, Su, PNAS 120 (2023)",
     .formula = "Pearson correlation of l and log Tr(Sigma_W Sigma_B^+)",
     .scope = MetricScope::kLayers,
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = kUndefined},
    Of(&Line::correlation));

NCLAB_REGISTER_METRIC(
    {.name = "ncc_depth",
     .summary = "the first layer whose nearest class means err little",
     .reference = "Galanti, Galanti, Ben-Shaul, arXiv 2202.09028",
     .formula = "min {l : (1/N) #{arg min_c |h_l - mu_c| != y} <= epsilon}",
     .scope = MetricScope::kLayers,
     .statistics = {"class_moments", "projections"},
     .invariance = kInvariantToAll,
     .undefined = "fewer than two classes; the class means coincide in every "
                  "layer",
     .params = {FloatParam("epsilon", 0.01, "share of samples", 0, 1)}},
    [](const Params& params, const MetricInput& input) {
      const std::vector<const Kept*> layers = Distinct(input);
      bool any = false;
      for (size_t i = 0; i < layers.size(); ++i) {
        const Moments& moments = layers[i]->As<Moments>();
        const Projections& projections = layers[i]->As<Projections>();
        if (moments.present() < 2 || !projections.finite ||
            projections.own.coincide) {
          continue;
        }
        any = true;
        const double wrong =
            static_cast<double>(moments.total() - projections.own.correct);
        if (wrong <=
            params.Float("epsilon") * static_cast<double>(moments.total())) {
          return Defined(static_cast<double>(i + 1));
        }
      }
      if (!any) return Undefined("no layer has nearest class means");
      return Defined(static_cast<double>(layers.size()));
    });

}  // namespace
}  // namespace nclab
