#include "experiments/values.h"

#include <algorithm>
#include <cmath>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_join.h"

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

bool Convention::empty() const {
  return metric.empty() && anchor.empty() && layers.empty();
}

Quantity Convention::Of(Quantity quantity) const {
  if (quantity.metric == "variance_ratio" && !metric.empty()) {
    quantity.metric = metric;
    quantity.anchor = "own";  // such metrics have no other rows
  }
  if (quantity.anchor == "final" && quantity.metric == "variance_ratio" &&
      !anchor.empty()) {
    quantity.anchor = anchor;
  }
  if (quantity.layers == "hidden" && !layers.empty()) quantity.layers = layers;
  return quantity;
}

std::string Convention::Words() const {
  std::vector<std::string> words;
  if (metric == "nc1_pinv_trace") {
    words.push_back("Tr(S_W S_B^+)");
  } else if (!metric.empty()) {
    words.push_back(metric);
  }
  if (!metric.empty() || anchor == "own") {
    words.push_back("means of the same step");
  }
  if (!layers.empty()) words.push_back("layers " + layers);
  return absl::StrJoin(words, ", ");
}

std::vector<std::string> SelectLayers(const std::vector<MetricRow>& rows,
                                      const std::string& selection) {
  if (selection.empty()) return {""};
  if (selection != "pre" && selection != "hidden") {
    const bool there = std::any_of(
        rows.begin(), rows.end(),
        [&](const MetricRow& row) { return row.layer == selection; });
    return there ? std::vector<std::string>{selection}
                 : std::vector<std::string>();
  }
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
    if (selection == "pre" ? pre : !pre && layer != "features") {
      selected.push_back(layer);
    }
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

std::vector<int64_t> Steps(const std::vector<MetricRow>& rows) {
  std::set<int64_t> steps;
  for (const MetricRow& row : rows) steps.insert(row.step);
  return {steps.begin(), steps.end()};
}

}  // namespace nclab
