// One evaluation: one forward pass per split, and what it keeps.
#ifndef NCLAB_EXPERIMENTS_TRAINING_EVALUATION_EVALUATION_H_
#define NCLAB_EXPERIMENTS_TRAINING_EVALUATION_EVALUATION_H_

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/objective.h"
#include "experiments/records/records.h"
#include "metrics/evaluation/looks.h"
#include "metrics/evaluation/measurements.h"
#include "models/model.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {

// Samples per forward pass of an evaluation: of those of `shape` as many as
// have the bytes of 500 pictures of 3x32x32, 1 at least, 2,000 at most. So the
// memory of a pass does not grow with the pictures, and small samples fill a
// GPU.
int64_t EvaluationBatch(at::IntArrayRef shape);

// Bytes of features that one evaluation may keep on the device.
inline constexpr int64_t kKeptFeatures = int64_t{1} << 30;

// Beside the features that wait for T.
inline constexpr char kLabels[] = "nclab.labels";
inline constexpr char kFineLabels[] = "nclab.fine_labels";
inline constexpr char kDecisions[] = "nclab.decisions";

struct Evaluation {
  int64_t step = 0;
  double wall_time = 0;  // seconds since the epoch, for TensorBoard
  SplitMeasurements train, test;
  // Layers whose test features wait for T under features/.
  std::vector<std::string> waiting = {};
};

// What an evaluation looks at.
struct EvaluationPlan {
  int64_t classes = 0;              // K
  std::vector<std::string> layers;  // whose features to look at
  StatisticPlan statistics;         // what to keep of them
  Objective objective;              // whose mean is measured, too; or null
  // Asked between batches, if set; true ends the evaluation, whose result is
  // then worth nothing.
  std::function<bool()> stop_requested;
  int64_t kept_features = kKeptFeatures;  // bytes
  // Those of `layers` that nobody has asked for yet: only `always` is kept of
  // them, and they have no rows.
  std::set<std::string> unasked = {};
  StatisticPlan always = {};

  bool IsAsked(const std::string& layer) const {
    return unasked.count(layer) == 0;
  }
};

// What every evaluation of a run keeps of every layer, whatever was asked for:
// what costs little beside the forward pass (docs/benchmarks.md).
absl::StatusOr<StatisticPlan> AlwaysKept();

// The same, and what `metrics` need. \error as PlanMetrics().
absl::StatusOr<StatisticPlan> PlanRun(const std::vector<std::string>& metrics);

// Those of `declared` that are not `wanted`: names, or "all".
// \error kInvalidArgument lists the declared ones.
absl::StatusOr<std::set<std::string>> Unasked(
    const std::vector<std::string>& declared,
    const std::vector<std::string>& wanted);

// Evaluates in eval mode, without gradients, in order, nothing dropped;
// leaves the model in the mode it found. Logits become losses in fp64. One
// forward pass; no transfer from the device before the end of the split.
//
// Where a statistic wants a second look, the features are kept on the device
// until the first is over, up to plan.kept_features; beyond that another
// forward pass makes them again. `train`: measurements of the training split at
// the same time, or nullptr if this is it. `features`: gets what statistics
// that wait for T look at, the features [N, D] of each layer asked for and
// kLabels, kFineLabels and kDecisions [N] on the CPU, or nullptr.
SplitMeasurements EvaluateSplit(Model& model, const DeviceSplit& split,
                                const EvaluationPlan& plan,
                                const SplitMeasurements* train = nullptr,
                                TensorMap* features = nullptr);

// Whether the mean cross-entropy over `split`, as EvaluateSplit() measures it,
// is below `bound`; that of `objective` if it is given. Of the cross-entropy
// ends at the first batch after which it cannot be: it is not negative. Nothing
// if plan.stop_requested was true on the way.
std::optional<bool> MeanLossIsBelow(Model& model, const DeviceSplit& split,
                                    const EvaluationPlan& plan, double bound,
                                    const Objective& objective = nullptr);

// Rows of `metrics` (bound choices) for one evaluation: those without an
// anchor and with anchor own; and those with anchor final if `last`, the
// evaluation at T, is given, or if the evaluation has clusters. None of the
// layers `unasked`. Order: metric, split, layer, anchor.
absl::StatusOr<std::vector<MetricRow>> MetricRows(
    const std::vector<std::string>& metrics, const Evaluation& evaluation,
    const Evaluation* last, const std::set<std::string>& unasked = {});

// One evaluation as a safetensors file, exactly: what every statistic kept, as
// SPLIT.LAYER.STATISTIC.ARRAY, once where layers share it. A statistic of
// another version than this program's is named in the log and left out. \error
// of loading as CheckSeal(); kDataLoss if the file is something else.
absl::Status SaveEvaluation(const std::string& path,
                            const Evaluation& evaluation);
absl::StatusOr<Evaluation> LoadEvaluation(const std::string& path);

// The layers in such a file, in network order; none where it cannot be read.
std::vector<std::string> LayersInEvaluation(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_EVALUATION_EVALUATION_H_
