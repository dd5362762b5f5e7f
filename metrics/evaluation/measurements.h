// What was kept of a split, and the metrics' values from it.
#ifndef NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_
#define NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/metric.h"

namespace nclab {

struct LayerMeasurements {
  std::string name;
  Moments moments;
  std::optional<Projections> projections;
  std::optional<Clusters> clusters;
};

struct SplitMeasurements {
  SplitTotals totals;
  std::vector<LayerMeasurements> layers;  // network order
  std::optional<Head> head;               // of the layer `features`
};

// The layer that is the head's input.
inline constexpr char kHeadLayer[] = "features";

struct LayerValue {
  std::string layer;   // empty where it has no meaning
  std::string anchor;  // final, own, or empty
  MetricValue value;
};

// Joined `needs` of bound choices. \error kNotFound, kInvalidArgument.
absl::StatusOr<unsigned> NeedsOf(const std::vector<std::string>& metrics);

// Values of metrics of one split; what several metrics share is computed once.
class MetricValues {
 public:
  // `last`: the split at T, or nullptr. Layers that it lacks have no anchor
  // final, except where clusters are there. Both outlive this.
  explicit MetricValues(const SplitMeasurements& split,
                        const SplitMeasurements* last = nullptr)
      : split_(split), last_(last), means_(split.layers.size()) {}

  // In the order of layers, then own before final.
  // \error kNotFound, kInvalidArgument if `metric` is no choice.
  absl::StatusOr<std::vector<LayerValue>> Of(const std::string& metric);

 private:
  const SplitMeasurements& split_;
  const SplitMeasurements* last_;
  std::vector<std::optional<Gram>> means_;  // by layer
  std::optional<Gram> weights_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_
