// The state of a run between two steps, and what is due there.
#ifndef NCLAB_EXPERIMENTS_TRAINING_TRAINER_H_
#define NCLAB_EXPERIMENTS_TRAINING_TRAINER_H_

#include <ATen/core/Tensor.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/recorder.h"
#include "experiments/recipes/sgd.h"
#include "experiments/records/events/event_file.h"
#include "experiments/records/records.h"
#include "experiments/records/run_directory.h"
#include "experiments/training/checkpoints/checkpoint.h"
#include "experiments/training/checkpoints/resume.h"
#include "experiments/training/setup.h"
#include "experiments/training/training.h"

namespace nclab {

// Batch losses stay on the device and are looked at every so many steps: no
// transfer in the step.
inline constexpr int64_t kLossWindow = 100;

// Call Start(), then Step() as long as MoreSteps() says so, then End().
class Trainer {
 public:
  // `spec` and `options` must outlive it. `recorder`: of the step; may be null.
  Trainer(const RunSpec& spec, const RunOptions& options, Setup setup,
          std::unique_ptr<Recorder> recorder);
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  // Goes on from the checkpoint there, if any. Evaluations beyond it are made
  // again.
  absl::Status Start(const ResumePoint& point);

  // Does what is due before the next step: looking at the losses, an
  // evaluation, a checkpoint (if `checkpoint`, in any case), a word of
  // progress. False where there is no next step: the run is through, has
  // diverged, or was stopped and saved.
  absl::StatusOr<bool> MoreSteps(bool checkpoint);

  // Whether options.checkpoint_every has passed since the last one.
  bool CheckpointDue() const;

  // One SGD step, without a transfer from the device.
  void Step();

  // Once there are no more steps: the rows anchored at T, the manifest's end,
  // DONE; or FAILED and DIVERGED.
  absl::StatusOr<RunOutcome> End();

  // Brings the losses of the current window to the host. Sets divergence_ if
  // one is not a number, mean_loss_ where the window is full.
  absl::Status CheckLosses();

 private:
  // Intervals are measured by a clock that never goes back.
  using Clock = std::chrono::steady_clock;

  void Compute();
  bool StopRequested();
  RunOutcome Outcome(RunOutcome::State state) const;
  absl::Status BetweenSteps(bool checkpoint);
  double StepsPerSecond() const;
  void Report(Clock::time_point now);
  absl::Status Evaluate();
  absl::Status Record(const Evaluation& evaluation);
  StateTensors State();
  absl::Status Save();
  absl::Status Resume(const ResumePoint& point);
  absl::Status Finish();
  absl::StatusOr<RunOutcome> Diverge();

  const RunSpec& spec_;
  const RunOptions& options_;
  Setup setup_;
  RunDirectory directory_;
  RepeatedWork compute_;
  Sgd sgd_;
  Batches batches_;
  at::Tensor losses_;  // float [kLossWindow], slot step % kLossWindow
  at::Tensor loss_;    // of the step's batch
  at::Tensor index_;   // of the step's batch, [B]
  std::vector<int64_t> grid_;
  std::vector<int64_t> stop_grid_;  // where the run may end early
  std::unique_ptr<EventFile> events_;
  Taps no_taps_;

  int64_t step_ = 0;
  int64_t first_step_ = 0;  // of this process
  int64_t last_evaluated_ = -1;
  double mean_loss_ = std::numeric_limits<double>::quiet_NaN();
  bool finished_ = false;
  bool stopped_ = false;
  bool over_ = false;       // no more steps
  std::string divergence_;  // where the loss stopped being a number; or ""
  int64_t diverged_at_ = 0;
  std::vector<int64_t> evaluated_;
  std::vector<MetricRow> rows_;
  double wall_time_ = 0;  // of the last evaluation, seconds since the epoch
  Clock::time_point started_, last_checkpoint_time_, last_progress_time_;
  Clock::duration checkpoint_time_{};  // spent in them
};

// The recorder that `options` ask for on `device`; may be null.
std::unique_ptr<Recorder> RecorderFor(const RunOptions& options,
                                      at::Device device);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_TRAINER_H_
