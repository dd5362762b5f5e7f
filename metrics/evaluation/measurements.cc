#include "metrics/evaluation/measurements.h"

#include "metrics/statistics/geometry.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<unsigned> NeedsOf(const std::vector<std::string>& metrics) {
  unsigned needs = kNeedsNothing;
  for (const std::string& metric : metrics) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
    NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(choice.name));
    needs |= entry->info.needs;
  }
  return needs;
}

absl::StatusOr<std::vector<LayerValue>> MetricValues::Of(
    const std::string& metric) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Metrics().Bind(metric));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Metrics().Find(choice.name));
  const MetricInfo& info = entry->info;
  std::vector<LayerValue> values;
  const auto append = [&](const std::string& layer, const char* anchor,
                          const MetricInput& input) {
    if (!Offers(input, info.needs)) return;
    values.push_back({layer, anchor, entry->factory(choice.params, input)});
  };
  MetricInput input;
  input.totals = &split_.totals;
  if (info.scope == MetricScope::kSplit) {
    append("", "", input);
    return values;
  }
  for (size_t i = 0; i < split_.layers.size(); ++i) {
    const LayerMeasurements& layer = split_.layers[i];
    input.moments = input.anchor = &layer.moments;
    input.projections = layer.projections ? &*layer.projections : nullptr;
    input.clusters = layer.clusters ? &*layer.clusters : nullptr;
    input.head = nullptr;
    input.weights_gram = nullptr;
    if (split_.head && layer.name == kHeadLayer) {
      input.head = &*split_.head;
      if (info.needs & kNeedsWeightsGram) {
        if (!weights_) {
          weights_ = GramOf(input.head->weight.data(), input.head->classes,
                            input.head->dim);
        }
        input.weights_gram = &*weights_;
      }
    }
    if (info.needs & kNeedsMeansGram) {
      if (!means_[i]) {
        means_[i] = GramOf(CenteredMeans(layer.moments).data(),
                           layer.moments.present(), layer.moments.dim);
      }
      input.means_gram = &*means_[i];
    }
    switch (info.anchors) {
      case MetricAnchors::kNone:
        append(layer.name, "", input);
        break;
      case MetricAnchors::kFinal:
        append(layer.name, "final", input);
        break;
      case MetricAnchors::kOwn:
      case MetricAnchors::kBoth:
        append(layer.name, "own", input);
        if (info.anchors != MetricAnchors::kBoth || last_ == nullptr) break;
        for (const LayerMeasurements& at_end : last_->layers) {
          if (at_end.name != layer.name) continue;
          input.anchor = &at_end.moments;
          append(layer.name, "final", input);
        }
    }
  }
  return values;
}

}  // namespace nclab
