#include "experiments/training/run/run_writer.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "experiments/records/manifest.h"
#include "experiments/records/seal.h"
#include "experiments/training/evaluation/clusters.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::Status RunWriter::Begin(const std::vector<Evaluation>& before) {
  NCLAB_ASSIGN_OR_RETURN(events_, EventFile::Create(directory_.path()));
  for (const Evaluation& evaluation : before) {
    wall_time_ = evaluation.wall_time;
    NCLAB_RETURN_IF_ERROR(Record(evaluation));
  }
  return absl::OkStatus();
}

absl::Status RunWriter::Write(Evaluation evaluation,
                              const TensorMap& features) {
  // Does not go back where the system's clock was set back.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  wall_time_ = std::max(wall_time_, std::chrono::duration<double>(now).count());
  evaluation.wall_time = wall_time_;
  if (!features.empty()) {
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_.File("features")));
    NCLAB_RETURN_IF_ERROR(SaveTensors(directory_.Features(evaluation.step),
                                      features, Sealed({})));
    for (const auto& [name, tensor] : features) {
      if (plan_.IsAsked(name) && evaluation.test.Find(name) != nullptr) {
        evaluation.waiting.push_back(name);
      }
    }
  }
  NCLAB_RETURN_IF_ERROR(
      SaveEvaluation(directory_.Moments(evaluation.step), evaluation));
  return Record(evaluation);
}

// Rows that need no means at T, into metrics.csv, events and the log.
absl::Status RunWriter::Record(const Evaluation& evaluation) {
  NCLAB_ASSIGN_OR_RETURN(
      std::vector<MetricRow> rows,
      MetricRows(spec_.metrics, evaluation, nullptr, plan_.unasked));
  // A run that was killed at its very end has clusters already; their rows
  // are Finish()'s.
  std::erase_if(rows,
                [](const MetricRow& row) { return row.anchor == "final"; });
  evaluated_.push_back(evaluation.step);
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  NCLAB_RETURN_IF_ERROR(events_->Append(rows, evaluation.wall_time));
  NCLAB_RETURN_IF_ERROR(directory_.WriteMetrics(rows_));
  const auto& train = evaluation.train.whole.As<SplitTotals>();
  const auto& test = evaluation.test.whole.As<SplitTotals>();
  const auto accuracy = [](const SplitTotals& of) {
    return static_cast<double>(of.correct) / static_cast<double>(of.samples);
  };
  LOG(INFO) << "step " << evaluation.step << ": train loss "
            << train.loss / static_cast<double>(train.samples)
            << ", train accuracy " << accuracy(train) << ", test accuracy "
            << accuracy(test);
  return absl::OkStatus();
}

absl::Status RunWriter::Save(const LoopState& loop, const StateTensors& state) {
  NCLAB_RETURN_IF_ERROR(
      SaveCheckpoint(directory_.Checkpoint(loop.step), loop, state));
  directory_.PruneCheckpoints(loop.step, spec_.save_steps);
  return absl::OkStatus();
}

bool RunWriter::HasCheckpoint(int64_t step) const {
  return FileExists(directory_.Checkpoint(step));
}

absl::Status RunWriter::Finish(int64_t step, double steps_per_second,
                               double seconds_in_checkpoints) {
  std::vector<Evaluation> evaluations;
  for (const int64_t evaluated : evaluated_) {
    NCLAB_ASSIGN_OR_RETURN(Evaluation evaluation,
                           LoadEvaluation(directory_.Moments(evaluated)));
    evaluations.push_back(std::move(evaluation));
  }
  if (!WaitingForT(plan_.statistics).empty()) {
    NCLAB_RETURN_IF_ERROR(
        AddWhatWaitsForT(directory_, plan_.statistics, evaluations));
  }
  rows_.clear();
  for (const Evaluation& evaluation : evaluations) {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<MetricRow> rows,
                           MetricRows(spec_.metrics, evaluation,
                                      &evaluations.back(), plan_.unasked));
    std::vector<MetricRow> final_rows;
    for (const MetricRow& row : rows) {
      rows_.push_back(row);
      if (row.anchor == "final") final_rows.push_back(row);
    }
    NCLAB_RETURN_IF_ERROR(events_->Append(final_rows, evaluation.wall_time));
  }
  NCLAB_RETURN_IF_ERROR(directory_.WriteMetrics(rows_));
  NCLAB_RETURN_IF_ERROR(FinishManifest(
      directory_.path(), step, steps_per_second, seconds_in_checkpoints));
  return directory_.MarkDone();
}

absl::StatusOr<std::string> RunWriter::Diverge(int64_t step,
                                               std::string reason) {
  const std::vector<int64_t> steps = directory_.CheckpointSteps();
  absl::StrAppend(&reason, " Last good checkpoint: ",
                  steps.empty() ? "none"
                                : absl::StrCat("checkpoints/step-",
                                               steps.back(), ".safetensors"),
                  ".");
  NCLAB_RETURN_IF_ERROR(directory_.MarkDiverged(step, reason));
  return reason;
}

}  // namespace nclab
