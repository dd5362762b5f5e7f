#include "experiments/statistics.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>

namespace nclab {
namespace {

// log10 of the value of each layer at the first and the last step.
struct Ends {
  std::vector<double> first;
  std::vector<double> last;
};

std::optional<Ends> EndsOf(const SeedRows& seed, const Curves& curves) {
  const auto cell = seed.find(curves.cell);
  if (cell == seed.end()) return std::nullopt;
  const std::vector<MetricRow>& rows = cell->second;
  const auto range = StepRange(rows);
  if (!range) return std::nullopt;
  Ends ends;
  for (const std::string& layer : SelectLayers(rows, curves.layers)) {
    const auto first = FindValue(rows, range->first, curves, layer);
    const auto last = FindValue(rows, range->second, curves, layer);
    if (!first || !last || *first <= 0 || *last <= 0) return std::nullopt;
    ends.first.push_back(std::log10(*first));
    ends.last.push_back(std::log10(*last));
  }
  if (ends.last.empty()) return std::nullopt;
  return ends;
}

}  // namespace

Statistic LayersDescendAtEnd(Curves curves) {
  return [curves = std::move(curves)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, curves);
    if (!ends || ends->last.size() < 2) return std::nullopt;
    double least = ends->last[0] - ends->last[1];
    for (size_t i = 1; i + 1 < ends->last.size(); ++i) {
      least = std::min(least, ends->last[i] - ends->last[i + 1]);
    }
    return least;
  };
}

Statistic EveryLayerFalls(Curves curves) {
  return [curves = std::move(curves)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, curves);
    if (!ends) return std::nullopt;
    double least = ends->first[0] - ends->last[0];
    for (size_t i = 1; i < ends->last.size(); ++i) {
      least = std::min(least, ends->first[i] - ends->last[i]);
    }
    return least;
  };
}

Statistic LastLayerFallsMost(Curves curves) {
  return [curves = std::move(curves)](
             const SeedRows& seed) -> std::optional<double> {
    const auto ends = EndsOf(seed, curves);
    if (!ends || ends->last.size() < 2) return std::nullopt;
    const size_t last = ends->last.size() - 1;
    double greatest = ends->first[0] - ends->last[0];
    for (size_t i = 1; i < last; ++i) {
      greatest = std::max(greatest, ends->first[i] - ends->last[i]);
    }
    return ends->first[last] - ends->last[last] - greatest;
  };
}

}  // namespace nclab
