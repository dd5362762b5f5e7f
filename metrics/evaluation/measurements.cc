#include "metrics/evaluation/measurements.h"

#include <algorithm>

#include "tools/base/status_macros.h"

namespace nclab {
namespace {

bool HasAll(const Kept& kept, const std::vector<std::string>& names) {
  return std::all_of(names.begin(), names.end(),
                     [&](const std::string& name) { return kept.Has(name); });
}

}  // namespace

const Kept* SplitMeasurements::Find(const std::string& layer) const {
  for (const Layer& of_split : layers) {
    if (of_split.name == layer) return &of_split.kept;
  }
  return nullptr;
}

absl::StatusOr<std::vector<LayerValue>> ValuesOf(
    const std::string& metric, const SplitMeasurements& split,
    const SplitMeasurements* last) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(choice.name));
  const MetricInfo& info = entry->info;
  std::vector<LayerValue> values;
  const auto append = [&](const std::string& layer, const char* anchor,
                          const MetricInput& input) {
    values.push_back({layer, anchor, entry->factory(choice.params, input)});
  };
  if (info.scope == MetricScope::kSplit) {
    if (HasAll(split.whole, info.statistics)) {
      append("", "", {split.whole, split.whole, {}});
    }
    return values;
  }
  if (info.scope == MetricScope::kLayers) {
    std::vector<const Layer*> layers;
    for (const Layer& layer : split.layers) {
      if (HasAll(layer.kept, info.statistics)) layers.push_back(&layer);
    }
    if (layers.size() > 1) {
      append("", info.anchors == MetricAnchors::kOwn ? "own" : "",
             {split.whole, split.whole, layers});
    }
    return values;
  }
  for (const Layer& layer : split.layers) {
    if (!HasAll(layer.kept, info.statistics)) continue;
    const MetricInput own = {layer.kept, layer.kept, {}};
    switch (info.anchors) {
      case MetricAnchors::kNone:
        append(layer.name, "", own);
        break;
      case MetricAnchors::kFinal:
        append(layer.name, "final", own);
        break;
      case MetricAnchors::kOwn:
        append(layer.name, "own", own);
        break;
      case MetricAnchors::kBoth:
        append(layer.name, "own", own);
        const Kept* at_end = last ? last->Find(layer.name) : nullptr;
        if (at_end != nullptr && HasAll(*at_end, info.statistics)) {
          append(layer.name, "final", {layer.kept, *at_end, {}});
        }
    }
  }
  return values;
}

}  // namespace nclab
