#include "experiments/training/run/trainer.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/training/evaluation/evaluation.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {

Trainer::Trainer(const RunOptions& options, OpenRun& run)
    : spec_(run.spec),
      options_(options),
      run_(run),
      step_(*run.step),
      plan_(run.setup.evaluation),
      writer_(run.spec, plan_, run.directory),
      grid_(run.spec.grid),
      stop_grid_(StopSteps(run.spec)) {
  plan_.stop_requested = [this] { return StopRequested(); };
}

absl::StatusOr<RunOutcome> Trainer::Run() {
  NCLAB_RETURN_IF_ERROR(Resume());
  started_ = last_checkpoint_time_ = last_progress_time_ = Clock::now();
  first_step_ = step_.count();
  while (true) {
    if (StopRequested()) {
      CheckLosses();
      if (!divergence_.empty()) return Diverge();
      NCLAB_RETURN_IF_ERROR(Save());
      return RunOutcome{RunOutcome::State::kStopped, step_.count(), ""};
    }
    NCLAB_RETURN_IF_ERROR(BetweenSteps());
    if (stopped_) continue;  // in an evaluation, which is made again
    if (!divergence_.empty()) return Diverge();
    if (finished_) return Finish();
    if (const absl::Status step = step_.Run(); !step.ok()) return Fail(step);
  }
}

// Goes on from the checkpoint there, if any. Evaluations beyond it are made
// again.
absl::Status Trainer::Resume() {
  const ResumePoint& point = run_.point;
  if (point.step >= 0) {
    StateTensors state = step_.State();
    NCLAB_ASSIGN_OR_RETURN(
        const LoopState loop,
        LoadCheckpoint(run_.directory.Checkpoint(point.step), state));
    step_.GoOn(loop.step, state);
    last_evaluated_ = loop.last_evaluated;
    mean_loss_ = loop.mean_loss;
    LOG(INFO) << "resumed at step " << loop.step;
  }
  return writer_.Begin(point.evaluations);
}

bool Trainer::StopRequested() {
  stopped_ = stopped_ || (options_.stop_requested && options_.stop_requested());
  return stopped_;
}

// Sets divergence_ if a loss of the current window is not a number, mean_loss_
// where the window is full.
void Trainer::CheckLosses() {
  const std::vector<float> losses = step_.Losses();
  double sum = 0;
  for (size_t i = 0; i < losses.size(); ++i) {
    if (!std::isfinite(losses[i])) {
      diverged_at_ = step_.count() - static_cast<int64_t>(losses.size() - i);
      divergence_ =
          absl::StrCat("The loss became ", losses[i], " at step ", diverged_at_,
                       " (epoch ", step_.epoch(diverged_at_), ").");
      return;
    }
    sum += losses[i];
  }
  if (losses.size() == kLossWindow) mean_loss_ = sum / kLossWindow;
}

// Does what is due before the next step: looking at the losses, an evaluation,
// a checkpoint, a word of progress.
absl::Status Trainer::BetweenSteps() {
  const int64_t step = step_.count();
  const bool checkpoint_due =
      absl::FromChrono(Clock::now() - last_checkpoint_time_) >=
      options_.checkpoint_every;
  const auto is_in = [&](const std::vector<int64_t>& steps) {
    return std::binary_search(steps.begin(), steps.end(), step);
  };
  const bool at_end = step >= spec_.steps;
  const bool on_grid = is_in(grid_);
  if (step % kLossWindow == 0 || on_grid || at_end) {
    CheckLosses();
    if (!divergence_.empty()) return absl::OkStatus();
  }
  finished_ = at_end;
  if (!at_end && is_in(stop_grid_)) {
    const bool loss = spec_.stop_train_loss > 0;
    const std::optional<bool> below = MeanLossIsBelow(
        *run_.setup.model, run_.setup.evaluated, plan_,
        loss ? spec_.stop_train_loss : spec_.stop_train_objective,
        loss ? nullptr : plan_.objective);
    if (!below) return absl::OkStatus();  // stopped meanwhile
    finished_ = *below;
  }
  if ((on_grid || finished_) && step > last_evaluated_) {
    NCLAB_RETURN_IF_ERROR(Evaluate());
    if (stopped_) return absl::OkStatus();
  }
  const Clock::time_point now = Clock::now();
  if (finished_ || checkpoint_due ||
      (is_in(spec_.save_steps) && !writer_.HasCheckpoint(step))) {
    CheckLosses();
    if (!divergence_.empty()) return absl::OkStatus();
    NCLAB_RETURN_IF_ERROR(Save());
  }
  if (finished_ || now - last_progress_time_ >= std::chrono::seconds(1)) {
    Report(now);
  }
  return absl::OkStatus();
}

absl::Status Trainer::Evaluate() {
  const Setup& setup = run_.setup;
  Evaluation evaluation;
  evaluation.step = step_.count();
  evaluation.train = EvaluateSplit(*setup.model, setup.evaluated, plan_);
  if (StopRequested()) return absl::OkStatus();
  TensorMap features;
  evaluation.test = EvaluateSplit(
      *setup.model, setup.test, plan_, &evaluation.train,
      WaitingForT(plan_.statistics).empty() ? nullptr : &features);
  if (StopRequested()) return absl::OkStatus();
  last_evaluated_ = evaluation.step;
  return writer_.Write(std::move(evaluation), features);
}

absl::Status Trainer::Save() {
  const Clock::time_point start = Clock::now();
  NCLAB_RETURN_IF_ERROR(writer_.Save(
      {step_.count(), last_evaluated_, mean_loss_}, step_.State()));
  last_checkpoint_time_ = Clock::now();
  checkpoint_time_ += last_checkpoint_time_ - start;
  return absl::OkStatus();
}

double Trainer::StepsPerSecond() const {
  const double seconds =
      std::chrono::duration<double>(Clock::now() - started_).count();
  return seconds > 0
             ? static_cast<double>(step_.count() - first_step_) / seconds
             : 0;
}

void Trainer::Report(Clock::time_point now) {
  last_progress_time_ = now;
  if (!options_.on_progress) return;
  options_.on_progress(
      {step_.count(), spec_.steps, StepsPerSecond(), mean_loss_});
}

absl::StatusOr<RunOutcome> Trainer::Finish() {
  NCLAB_RETURN_IF_ERROR(
      writer_.Finish(step_.count(), StepsPerSecond(),
                     std::chrono::duration<double>(checkpoint_time_).count()));
  return RunOutcome{RunOutcome::State::kDone, step_.count(), ""};
}

absl::StatusOr<RunOutcome> Trainer::Diverge() {
  NCLAB_ASSIGN_OR_RETURN(std::string reason,
                         writer_.Diverge(diverged_at_, divergence_));
  return RunOutcome{RunOutcome::State::kDiverged, diverged_at_,
                    std::move(reason)};
}

// A piece broke its promise: FAILED says which.
absl::Status Trainer::Fail(const absl::Status& why) {
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(run_.directory.File("FAILED"),
                                            absl::StrCat(why.message(), "\n")));
  return why;
}

}  // namespace nclab
