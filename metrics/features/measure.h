// Features of any framework, in a file -> every collapse metric.
#ifndef NCLAB_METRICS_FEATURES_MEASURE_H_
#define NCLAB_METRICS_FEATURES_MEASURE_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/evaluation/measurements.h"
#include "metrics/features/feature_sources.h"
#include "metrics/statistics/clusters/k_means.h"

namespace nclab {

struct FeatureMeasurements {
  SplitMeasurements now;
  SplitMeasurements last;                 // the layers that have finals
  bool has_totals = false;                // loss and accuracy are known
  std::map<std::string, KMeans> k_means;  // by layer
  std::vector<int64_t> labels;            // of each class, as in the file
};

// Reads what the `needs` (MetricNeeds, joined) of the wanted metrics ask for,
// in blocks of rows: memory holds the labels and decisions [N], the sums, and
// the sample of k-means.
//
// K is the number of rows of `logits` or `weight`; without them labels may be
// any numbers from 0 on. Without `logits`, logits = features W^T + bias.
// \error kInvalidArgument for a missing or mis-shaped tensor, a label out of
// range, NaN or infinity (which tensor, row and column); kDataLoss.
absl::StatusOr<FeatureMeasurements> MeasureFeatures(
    const FeatureSources& sources, unsigned needs);

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_MEASURE_H_
