// What was kept of a split, and the metrics' values from it.
#ifndef NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_
#define NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/metric.h"

namespace nclab {

struct SplitMeasurements {
  Kept whole;                 // of the split as a whole
  std::vector<Layer> layers;  // network order

  const Kept* Find(const std::string& layer) const;  // or nullptr
};

// The layer that is the head's input, and keeps it.
inline constexpr char kHeadLayer[] = "features";

struct LayerValue {
  std::string layer;   // empty where it has no meaning
  std::string anchor;  // final, own, or empty
  MetricValue value;
};

// Values of a metric of one split, in the order of layers, then own before
// final. `last`: the split at T, or nullptr; layers that it lacks have no
// anchor final, except where the metric looks at what waits for T. Of a layer,
// or a split, that lacks what the metric needs there is no value.
// \error kNotFound, kInvalidArgument if `metric` is no choice.
absl::StatusOr<std::vector<LayerValue>> ValuesOf(
    const std::string& metric, const SplitMeasurements& split,
    const SplitMeasurements* last = nullptr);

}  // namespace nclab

#endif  // NCLAB_METRICS_EVALUATION_MEASUREMENTS_H_
