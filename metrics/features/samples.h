// Labels, decisions and the classifier of a features file.
#ifndef NCLAB_METRICS_FEATURES_SAMPLES_H_
#define NCLAB_METRICS_FEATURES_SAMPLES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/features/feature_sources.h"
#include "metrics/metric.h"

namespace nclab {

// Labels, the classes that they name, and the decisions of the network.
struct Samples {
  int64_t n = 0, classes = 0;
  std::vector<int64_t> labels;  // in 0 .. classes-1
  std::vector<int64_t> names;   // of the classes, as in the file
  at::Tensor label_tensor;      // the labels
  at::Tensor decisions;         // int64 [N]; undefined if unknown
};

// \error kInvalidArgument if a label is out of range: which, in which row.
absl::StatusOr<Samples> ReadLabels(const FeatureSources& sources);

// Totals and decisions, from logits block after block.
class Decisions {
 public:
  // Both outlive this.
  Decisions(Samples& samples, SplitTotals& totals);

  // logits: [B, K] floating, of the samples from `first` on.
  void Add(const at::Tensor& logits, int64_t first);
  bool finite() const { return finite_; }  // all of them so far

 private:
  Samples& samples_;
  SplitTotals& totals_;
  bool finite_ = true;
};

// `weight` [K, D] and `bias` [K] in fp64.
struct Classifier {
  at::Tensor weight, bias;
};

// \error kInvalidArgument if a number is not finite.
absl::StatusOr<Classifier> ReadClassifier(const FeatureSources& sources);

}  // namespace nclab

#endif  // NCLAB_METRICS_FEATURES_SAMPLES_H_
