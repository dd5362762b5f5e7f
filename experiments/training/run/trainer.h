// The loop of a run: steps, and what is due between two of them.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_TRAINER_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_TRAINER_H_

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/training/run/open_run.h"
#include "experiments/training/run/run_writer.h"
#include "experiments/training/run/step.h"
#include "experiments/training/training.h"

namespace nclab {

class Trainer {
 public:
  // Both must outlive it.
  Trainer(const RunOptions& options, OpenRun& run);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // Goes on from where the run is, to its end or to a stop. Once.
  absl::StatusOr<RunOutcome> Run();

 private:
  // Intervals are measured by a clock that never goes back.
  using Clock = std::chrono::steady_clock;

  absl::Status Resume();
  bool StopRequested();
  void CheckLosses();
  absl::Status BetweenSteps();
  absl::Status Evaluate();
  absl::Status Save();
  double StepsPerSecond() const;
  void Report(Clock::time_point now);
  absl::StatusOr<RunOutcome> Finish();
  absl::StatusOr<RunOutcome> Diverge();
  absl::Status Fail(const absl::Status& why);

  const RunSpec& spec_;
  const RunOptions& options_;
  OpenRun& run_;
  Step& step_;
  EvaluationPlan plan_;
  RunWriter writer_;
  std::vector<int64_t> grid_;       // where the run is evaluated
  std::vector<int64_t> stop_grid_;  // where it may end early

  int64_t first_step_ = 0;  // of this process
  int64_t last_evaluated_ = -1;
  double mean_loss_ = std::numeric_limits<double>::quiet_NaN();
  bool finished_ = false;
  bool stopped_ = false;
  std::string divergence_;  // where the loss stopped being a number; or ""
  int64_t diverged_at_ = 0;
  Clock::time_point started_, last_checkpoint_time_, last_progress_time_;
  Clock::duration checkpoint_time_{};  // spent in them
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_TRAINER_H_
