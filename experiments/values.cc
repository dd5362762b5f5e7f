#include "experiments/values.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/match.h"

namespace nclab {

Quantity TrainVariance(const std::string& layers) {
  return {"variance_ratio", "train", "final", layers};
}

Quantity StrongTestVariance(const std::string& layers) {
  return {"variance_ratio", "test", "final", layers};
}

Quantity WeakTestVariance() {
  return {"weak_variance_ratio", "test", "final", "features"};
}

std::vector<std::string> SelectLayers(const std::vector<MetricRow>& rows,
                                      const std::string& selection) {
  if (selection.empty()) return {""};
  std::vector<std::string> all;  // rows list layers in network order
  for (const MetricRow& row : rows) {
    if (row.layer.empty()) continue;
    if (std::find(all.begin(), all.end(), row.layer) == all.end()) {
      all.push_back(row.layer);
    }
  }
  std::vector<std::string> selected;
  for (const std::string& layer : all) {
    const bool pre = absl::EndsWith(layer, ".pre");
    const bool wanted = selection == "pre"      ? pre
                        : selection == "hidden" ? !pre && layer != "features"
                                                : layer == selection;
    if (wanted) selected.push_back(layer);
  }
  if (selected.empty() && selection == "hidden" && !all.empty()) {
    return {"features"};
  }
  return selected;
}

bool IsOf(const MetricRow& row, const Quantity& quantity,
          const std::string& layer) {
  return row.layer == layer && row.split == quantity.split &&
         row.metric == quantity.metric && row.anchor == quantity.anchor;
}

std::optional<double> FindValue(const std::vector<MetricRow>& rows,
                                int64_t step, const Quantity& quantity,
                                const std::string& layer) {
  for (const MetricRow& row : rows) {
    if (row.step == step && IsOf(row, quantity, layer)) {
      if (!std::isfinite(row.value)) return std::nullopt;
      return row.value;
    }
  }
  return std::nullopt;
}

std::optional<double> ValueAtEnd(const std::vector<MetricRow>& rows,
                                 const Quantity& quantity) {
  const auto range = StepRange(rows);
  if (!range) return std::nullopt;
  return FindValue(rows, range->second, quantity, quantity.layers);
}

std::optional<double> FindValue(const SeedRows& seed, const Value& value) {
  std::optional<double> greatest;
  for (const std::string& cell : value.cells) {
    const auto run = seed.find(cell);
    if (run == seed.end() || run->second.diverged) continue;
    const std::vector<MetricRow>& rows = run->second.rows;
    const auto range = StepRange(rows);
    if (!range) return std::nullopt;
    const int64_t step =
        std::llround(value.at * static_cast<double>(range->second));
    for (const std::string& layer : SelectLayers(rows, value.quantity.layers)) {
      const auto found = FindValue(rows, step, value.quantity, layer);
      if (!found) return std::nullopt;
      greatest = std::max(greatest.value_or(*found), *found);
    }
  }
  return greatest;
}

std::optional<std::pair<int64_t, int64_t>> StepRange(
    const std::vector<MetricRow>& rows) {
  if (rows.empty()) return std::nullopt;
  std::pair<int64_t, int64_t> range = {rows.front().step, rows.front().step};
  for (const MetricRow& row : rows) {
    range.first = std::min(range.first, row.step);
    range.second = std::max(range.second, row.step);
  }
  return range;
}

}  // namespace nclab
