// What a run writes: the rows and events of its evaluations, its checkpoints,
// its end.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_RUN_WRITER_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_RUN_WRITER_H_

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/records/events/event_file.h"
#include "experiments/records/records.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/checkpoint.h"
#include "experiments/training/evaluation/evaluation.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {

// Call Begin() first. Every error is one of writing: kResourceExhausted if the
// disk is full.
class RunWriter {
 public:
  // `canonical` and `plan` must outlive it.
  RunWriter(const RunSpec& canonical, const EvaluationPlan& plan,
            RunDirectory directory)
      : spec_(canonical), plan_(plan), directory_(std::move(directory)) {}

  // With the evaluations up to the checkpoint from which the run goes on.
  absl::Status Begin(const std::vector<Evaluation>& before);

  // Of a new evaluation, which gets its time: moments, the features [N, D] of
  // its test split that wait for k-means at T, if any, and rows.
  absl::Status Write(Evaluation evaluation, const TensorMap& features);

  absl::Status Save(const LoopState& loop, const StateTensors& state);
  bool HasCheckpoint(int64_t step) const;

  // With T reached: the rows anchored there, for every evaluation; then the
  // manifest's end, and DONE last of all. Statistics may have waited for T.
  absl::Status Finish(int64_t step, double steps_per_second,
                      double seconds_in_checkpoints);

  // FAILED and DIVERGED; `reason`, with the last good checkpoint.
  absl::StatusOr<std::string> Diverge(int64_t step, std::string reason);

 private:
  absl::Status Record(const Evaluation& evaluation);

  const RunSpec& spec_;
  const EvaluationPlan& plan_;
  RunDirectory directory_;
  std::unique_ptr<EventFile> events_;
  std::vector<int64_t> evaluated_;
  std::vector<MetricRow> rows_;
  double wall_time_ = 0;  // of the last evaluation, seconds since the epoch
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_RUN_WRITER_H_
