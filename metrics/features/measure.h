// Features of any framework, in a file -> every collapse metric.
#ifndef NCLAB_METRICS_FEATURES_MEASURE_H_
#define NCLAB_METRICS_FEATURES_MEASURE_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/evaluation/looks.h"
#include "metrics/evaluation/measurements.h"
#include "metrics/features/feature_sources.h"

namespace nclab {

struct FeatureMeasurements {
  SplitMeasurements now;
  SplitMeasurements last;  // the layers that have finals
  // Names of each class and fine class, as in the file.
  std::vector<int64_t> labels, fine_labels;

  // What was fitted at T to `layer` of `now`: to its finals, if it has some.
  const Kept& AtT(const Layer& layer) const;
};

// Reads what the statistics of `plan` look at, in blocks of rows: memory holds
// the labels and decisions [N], the sums, and the samples of k-means and knn.
// `train`: what was measured of the training split, of which `sources` has
// every layer, or nullptr if this is it. Classes keep their numbers.
//
// K is the number of rows of `logits` or `weight`; without them labels may be
// any numbers from 0 on. Without `logits`, logits = features W^T + bias.
// \error kInvalidArgument for a missing or mis-shaped tensor, a label out of
// range, NaN or infinity (which tensor, row and column), splits that do not fit
// one another, and a Gram matrix beyond 10,000 x 10,000; kDataLoss.
absl::StatusOr<FeatureMeasurements> MeasureFeatures(
    const FeatureSources& sources, const StatisticPlan& plan,
    const FeatureMeasurements* train = nullptr);

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_MEASURE_H_
