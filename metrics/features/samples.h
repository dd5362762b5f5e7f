// Labels, decisions and the classifier of a features file.
#ifndef NCLAB_METRICS_FEATURES_SAMPLES_H_
#define NCLAB_METRICS_FEATURES_SAMPLES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/evaluation/looks.h"
#include "metrics/features/feature_sources.h"

namespace nclab {

// Labels, the classes that they name, and the decisions of the network.
struct Samples {
  int64_t n = 0, classes = 0;
  std::vector<int64_t> labels;  // in 0 .. classes-1
  std::vector<int64_t> names;   // of the classes, as in the file
  at::Tensor label_tensor;      // the labels
  // Those before classes were joined, as numbers of fine_names; or undefined.
  at::Tensor fine_labels;  // int64 [N]
  std::vector<int64_t> fine_names;
  at::Tensor decisions;  // int64 [N]; undefined if unknown
};

// `train`: the training split's, whose names keep their numbers; or nullptr.
// \error kInvalidArgument if a label is out of range: which, in which row; if
// the two splits do not have the same classes.
absl::StatusOr<Samples> ReadLabels(const FeatureSources& sources,
                                   const Samples* train);

// Decisions, from logits block after block, which statistics of the split look
// at meanwhile.
class Decider {
 public:
  // Both outlive this; `looks` has begun its look.
  Decider(Samples& samples, Looks& looks);

  // logits: [B, K] floating, of the samples from `first` on.
  void Add(const at::Tensor& logits, int64_t first);
  bool finite() const { return finite_; }  // all of them so far

 private:
  Samples& samples_;
  Looks& looks_;
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
