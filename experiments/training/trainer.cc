#include "experiments/training/trainer.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/recipes/rewriting.h"
#include "experiments/records/manifest.h"
#include "experiments/records/seal.h"
#include "experiments/training/device.h"
#include "experiments/training/evaluation/clusters.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"

namespace nclab {

Trainer::Trainer(const RunSpec& spec, const RunOptions& options, Setup setup,
                 std::unique_ptr<Recorder> recorder)
    : spec_(spec),
      options_(options),
      setup_(std::move(setup)),
      directory_(options.directory),
      compute_(std::move(recorder), [this] { Compute(); }),
      sgd_(Tensors(setup_.trained), spec.momentum, spec.weight_decay,
           setup_.rewriting.rewrites.StepScales(setup_.trained),
           /*rate_on_device=*/compute_.records()),
      batches_(setup_.data.train.labels.size(0), spec.batch_size, spec.seed,
               setup_.data.device),
      losses_(
          at::full({kLossWindow}, std::numeric_limits<double>::quiet_NaN(),
                   at::TensorOptions(at::kFloat).device(setup_.data.device))),
      loss_(losses_.select(0, 0).clone()),
      index_(batches_.Indices(0).clone()),
      grid_(EvaluationSteps(spec)),
      stop_grid_(StopSteps(spec)) {
  setup_.evaluation.stop_requested = [this] { return StopRequested(); };
  sgd_.UpdateInBackward();
}

absl::Status Trainer::Start(const ResumePoint& point) {
  NCLAB_RETURN_IF_ERROR(Resume(point));
  started_ = last_checkpoint_time_ = last_progress_time_ = Clock::now();
  first_step_ = step_;
  return absl::OkStatus();
}

absl::StatusOr<bool> Trainer::MoreSteps(bool checkpoint) {
  while (!over_) {
    if (StopRequested()) {
      NCLAB_RETURN_IF_ERROR(CheckLosses());
      if (divergence_.empty()) NCLAB_RETURN_IF_ERROR(Save());
      over_ = true;
      break;
    }
    NCLAB_RETURN_IF_ERROR(BetweenSteps(checkpoint));
    if (stopped_) continue;  // in an evaluation, which is made again
    over_ = finished_ || !divergence_.empty();
    if (!over_) return true;
  }
  return false;
}

bool Trainer::CheckpointDue() const {
  return absl::FromChrono(Clock::now() - last_checkpoint_time_) >=
         options_.checkpoint_every;
}

void Trainer::Step() {
  index_.copy_(batches_.Indices(step_));
  sgd_.SetRate(LearningRate(spec_, step_));
  compute_.Run();
  losses_.select(0, step_ % kLossWindow).copy_(loss_);
  ++step_;
}

absl::StatusOr<RunOutcome> Trainer::End() {
  if (!divergence_.empty()) return Diverge();
  if (!finished_) return Outcome(RunOutcome::State::kStopped);
  NCLAB_RETURN_IF_ERROR(Finish());
  return Outcome(RunOutcome::State::kDone);
}

absl::Status Trainer::CheckLosses() {
  const int64_t filled = step_ == 0 ? 0 : (step_ - 1) % kLossWindow + 1;
  const at::Tensor host = losses_.cpu();
  const float* loss = host.const_data_ptr<float>();
  double sum = 0;
  for (int64_t i = 0; i < filled; ++i) {
    if (!std::isfinite(loss[i])) {
      const int64_t step = step_ - filled + i;
      diverged_at_ = step;
      divergence_ =
          absl::StrCat("The loss became ", loss[i], " at step ", step,
                       " (epoch ", step / batches_.steps_per_epoch(), ").");
      return absl::OkStatus();
    }
    sum += loss[i];
  }
  if (filled == kLossWindow) mean_loss_ = sum / kLossWindow;
  return absl::OkStatus();
}

// What a step does on the device, from index_ and the rate to weights and
// loss_. The same work every time: it may be recorded.
void Trainer::Compute() {
  const at::Tensor x = Gather(setup_.data.train.samples, index_);
  const at::Tensor y = setup_.data.train.labels.index_select(0, index_);
  at::Tensor logits;
  {
    const Autocast autocast(spec_.precision, setup_.data.device);
    logits = setup_.model->Forward(x, no_taps_);
  }
  const at::Tensor loss = at::cross_entropy_loss(logits.to(at::kFloat), y);
  loss.backward();
  sgd_.Step();
  loss_.copy_(loss.detach());
}

bool Trainer::StopRequested() {
  stopped_ = stopped_ || (options_.stop_requested && options_.stop_requested());
  return stopped_;
}

RunOutcome Trainer::Outcome(RunOutcome::State state) const {
  return {state, step_, ""};
}

absl::Status Trainer::BetweenSteps(bool checkpoint) {
  const bool at_end = step_ >= spec_.steps;
  const bool on_grid = std::binary_search(grid_.begin(), grid_.end(), step_);
  if (step_ % kLossWindow == 0 || on_grid || at_end) {
    NCLAB_RETURN_IF_ERROR(CheckLosses());
    if (!divergence_.empty()) return absl::OkStatus();
  }
  finished_ = at_end;
  if (!at_end &&
      std::binary_search(stop_grid_.begin(), stop_grid_.end(), step_)) {
    const std::optional<bool> below =
        MeanLossIsBelow(*setup_.model, setup_.data.train, setup_.evaluation,
                        spec_.stop_train_loss);
    if (!below) return absl::OkStatus();  // stopped meanwhile
    finished_ = *below;
  }
  if ((on_grid || finished_) && step_ > last_evaluated_) {
    NCLAB_RETURN_IF_ERROR(Evaluate());
    if (stopped_) {
      finished_ = false;
      return absl::OkStatus();
    }
  }
  const Clock::time_point now = Clock::now();
  const bool asked_for = std::binary_search(spec_.save_steps.begin(),
                                            spec_.save_steps.end(), step_);
  if (finished_ || checkpoint ||
      (asked_for && !FileExists(directory_.Checkpoint(step_)))) {
    NCLAB_RETURN_IF_ERROR(CheckLosses());
    if (!divergence_.empty()) return absl::OkStatus();
    NCLAB_RETURN_IF_ERROR(Save());
  }
  if (finished_ || now - last_progress_time_ >= std::chrono::seconds(1)) {
    Report(now);
  }
  return absl::OkStatus();
}

double Trainer::StepsPerSecond() const {
  const double seconds =
      std::chrono::duration<double>(Clock::now() - started_).count();
  return seconds > 0 ? static_cast<double>(step_ - first_step_) / seconds : 0;
}

void Trainer::Report(Clock::time_point now) {
  last_progress_time_ = now;
  if (!options_.on_progress) return;
  options_.on_progress({step_, spec_.steps, StepsPerSecond(), mean_loss_});
}

absl::Status Trainer::Evaluate() {
  Evaluation evaluation;
  evaluation.step = step_;
  // Does not go back where the system's clock was set back.
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  wall_time_ = std::max(wall_time_, std::chrono::duration<double>(now).count());
  evaluation.wall_time = wall_time_;
  const EvaluationPlan& plan = setup_.evaluation;
  evaluation.train = EvaluateSplit(*setup_.model, setup_.data.train, plan);
  if (StopRequested()) return absl::OkStatus();
  TensorMap features;
  evaluation.test =
      EvaluateSplit(*setup_.model, setup_.data.test, plan, &evaluation.train,
                    plan.needs & kNeedsClusters ? &features : nullptr);
  if (StopRequested()) return absl::OkStatus();
  if (!features.empty()) {
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_.File("features")));
    NCLAB_RETURN_IF_ERROR(
        SaveTensors(directory_.Features(step_), features, Sealed({})));
  }
  NCLAB_RETURN_IF_ERROR(
      SaveEvaluation(directory_.Moments(evaluation.step), evaluation));
  last_evaluated_ = step_;
  return Record(evaluation);
}

// Rows that need no means at T, into metrics.csv, events and the log.
absl::Status Trainer::Record(const Evaluation& evaluation) {
  NCLAB_ASSIGN_OR_RETURN(std::vector<MetricRow> rows,
                         MetricRows(spec_.metrics, evaluation, nullptr));
  // A run that was killed at its very end has clusters already; their rows
  // are Finish()'s.
  std::erase_if(rows,
                [](const MetricRow& row) { return row.anchor == "final"; });
  evaluated_.push_back(evaluation.step);
  rows_.insert(rows_.end(), rows.begin(), rows.end());
  NCLAB_RETURN_IF_ERROR(events_->Append(rows, evaluation.wall_time));
  NCLAB_RETURN_IF_ERROR(directory_.WriteMetrics(rows_));
  LOG(INFO) << "step " << evaluation.step << ": train loss "
            << evaluation.train.totals.loss /
                   static_cast<double>(evaluation.train.totals.samples)
            << ", train accuracy "
            << static_cast<double>(evaluation.train.totals.correct) /
                   static_cast<double>(evaluation.train.totals.samples)
            << ", test accuracy "
            << static_cast<double>(evaluation.test.totals.correct) /
                   static_cast<double>(evaluation.test.totals.samples);
  return absl::OkStatus();
}

// In the shapes of the model's parameters, whatever was rewritten.
StateTensors Trainer::State() {
  const Rewrites& rewrites = setup_.rewriting.rewrites;
  return {*setup_.model,
          setup_.trained,
          rewrites.FullMomentum(setup_.trained, sgd_.momentum_buffers()),
          rewrites.Sums(),
          losses_,
          setup_.data.device};
}

absl::Status Trainer::Save() {
  const Clock::time_point start = Clock::now();
  setup_.rewriting.rewrites.ToFull();
  NCLAB_RETURN_IF_ERROR(SaveCheckpoint(directory_.Checkpoint(step_),
                                       {step_, last_evaluated_, mean_loss_},
                                       State()));
  last_checkpoint_time_ = Clock::now();
  directory_.PruneCheckpoints(step_, spec_.save_steps);
  checkpoint_time_ += Clock::now() - start;
  return absl::OkStatus();
}

absl::Status Trainer::Resume(const ResumePoint& point) {
  if (point.step >= 0) {
    StateTensors state = State();
    NCLAB_ASSIGN_OR_RETURN(
        const LoopState loop,
        LoadCheckpoint(directory_.Checkpoint(point.step), state));
    Rewrites& rewrites = setup_.rewriting.rewrites;
    rewrites.FromFull(state.sums);
    rewrites.ReduceMomentum(setup_.trained, state.momentum,
                            sgd_.momentum_buffers());
    step_ = loop.step;
    last_evaluated_ = loop.last_evaluated;
    mean_loss_ = loop.mean_loss;
    LOG(INFO) << "resumed at step " << step_;
  }
  NCLAB_ASSIGN_OR_RETURN(events_, EventFile::Create(directory_.path()));
  for (const Evaluation& evaluation : point.evaluations) {
    wall_time_ = evaluation.wall_time;
    NCLAB_RETURN_IF_ERROR(Record(evaluation));
  }
  return absl::OkStatus();
}

// With T reached: the rows anchored there, for every evaluation; then the
// manifest's end, and DONE last of all.
absl::Status Trainer::Finish() {
  std::vector<Evaluation> evaluations;
  for (const int64_t step : evaluated_) {
    NCLAB_ASSIGN_OR_RETURN(Evaluation evaluation,
                           LoadEvaluation(directory_.Moments(step)));
    evaluations.push_back(std::move(evaluation));
  }
  if (setup_.evaluation.needs & kNeedsClusters) {
    NCLAB_RETURN_IF_ERROR(AddClusters(directory_, evaluations));
  }
  rows_.clear();
  for (const Evaluation& evaluation : evaluations) {
    NCLAB_ASSIGN_OR_RETURN(
        const std::vector<MetricRow> rows,
        MetricRows(spec_.metrics, evaluation, &evaluations.back()));
    std::vector<MetricRow> final_rows;
    for (const MetricRow& row : rows) {
      rows_.push_back(row);
      if (row.anchor == "final") final_rows.push_back(row);
    }
    NCLAB_RETURN_IF_ERROR(events_->Append(final_rows, evaluation.wall_time));
  }
  NCLAB_RETURN_IF_ERROR(directory_.WriteMetrics(rows_));
  NCLAB_RETURN_IF_ERROR(
      FinishManifest(directory_.path(), step_, StepsPerSecond(),
                     std::chrono::duration<double>(checkpoint_time_).count()));
  return directory_.MarkDone();
}

absl::StatusOr<RunOutcome> Trainer::Diverge() {
  const std::vector<int64_t> steps = directory_.CheckpointSteps();
  absl::StrAppend(&divergence_, " Last good checkpoint: ",
                  steps.empty() ? "none"
                                : absl::StrCat("checkpoints/step-",
                                               steps.back(), ".safetensors"),
                  ".");
  NCLAB_RETURN_IF_ERROR(directory_.MarkDiverged(diverged_at_, divergence_));
  return RunOutcome{RunOutcome::State::kDiverged, diverged_at_, divergence_};
}

std::unique_ptr<Recorder> RecorderFor(const RunOptions& options,
                                      at::Device device) {
  return options.make_recorder ? options.make_recorder(device) : nullptr;
}

}  // namespace nclab
