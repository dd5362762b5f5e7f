// One evaluation: one forward pass per split, and what it keeps.
#ifndef NCLAB_EXPERIMENTS_TRAINING_EVALUATION_H_
#define NCLAB_EXPERIMENTS_TRAINING_EVALUATION_H_

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/training/records.h"
#include "metrics/metric.h"
#include "models/model.h"

namespace nclab {

// Samples per forward pass of an evaluation.
inline constexpr int64_t kEvaluationBatch = 500;

// A split on the device, as the model sees it.
struct DeviceSplit {
  at::Tensor samples;  // float [N, ...]
  at::Tensor labels;   // int64 [N]
};

struct SplitEvaluation {
  SplitTotals totals;
  std::vector<std::pair<std::string, Moments>> layers;  // network order
};

struct Evaluation {
  int64_t step = 0;
  double wall_time = 0;  // seconds since the epoch, for TensorBoard
  SplitEvaluation train, test;
};

// Evaluates in eval mode, without gradients, in order, nothing dropped;
// leaves the model in the mode it found. `classes` is K; `layers` name what to
// keep. Logits become losses in fp64. No transfer from the device before the
// end of the split.
SplitEvaluation EvaluateSplit(Model& model, const DeviceSplit& split,
                              int64_t classes,
                              const std::vector<std::string>& layers);

// Rows of `metrics` (bound choices) for one evaluation: those without an
// anchor and with anchor own; and those with anchor final if `last`, the
// evaluation at T, is given. Order: metric, split, layer, anchor.
absl::StatusOr<std::vector<MetricRow>> MetricRows(
    const std::vector<std::string>& metrics, const Evaluation& evaluation,
    const Evaluation* last);

// One evaluation as a safetensors file, exactly.
absl::Status SaveEvaluation(const std::string& path,
                            const Evaluation& evaluation);
absl::StatusOr<Evaluation> LoadEvaluation(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_EVALUATION_H_
