#include "experiments/training/training.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "datasets/dataset.h"
#include "datasets/view.h"
#include "experiments/training/batches.h"
#include "experiments/training/chain.h"
#include "experiments/training/checkpoint.h"
#include "experiments/training/clusters.h"
#include "experiments/training/device.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/event_file.h"
#include "experiments/training/manifest.h"
#include "experiments/training/recorder.h"
#include "experiments/training/resume.h"
#include "experiments/training/rewriting.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/seal.h"
#include "experiments/training/sgd.h"
#include "models/model.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"
#include "tools/base/tensor_file.h"
#include "tools/base/torch_status.h"

namespace nclab {
namespace {

// Batch losses stay on the device and are looked at together, every so many
// steps: no transfer in the step.
constexpr int64_t kLossWindow = 100;

// Everything a run needs that is not state.
struct Setup {
  at::Device device = at::kCPU;
  Dataset dataset;  // without its samples, once they are on the device
  DeviceSplit train, test;
  std::shared_ptr<Model> model;
  Rewriting rewriting;
  bool channels_last = false;  // weights of convolutions
  NamedTensors trained;        // what SGD changes, under the parameters' names
  EvaluationPlan evaluation;
};

absl::StatusOr<std::vector<std::string>> ResolveLayers(
    const Model& model, const std::vector<std::string>& wanted) {
  std::vector<std::string> known;
  for (const LayerInfo& layer : model.layers()) known.push_back(layer.name);
  if (wanted == std::vector<std::string>{"all"}) return known;
  for (const std::string& name : wanted) {
    if (std::find(known.begin(), known.end(), name) == known.end()) {
      return absl::InvalidArgumentError(
          UnknownNameError("layer", name, known, "Or write all.").message());
    }
  }
  return wanted;
}

DeviceSplit ToDevice(const Dataset& dataset, const Split& split,
                     at::Device device) {
  return {NormalizedSamples(dataset, split, device), split.labels.to(device)};
}

absl::StatusOr<Setup> Prepare(const RunSpec& spec, const RunOptions& options) {
  Setup setup;
  NCLAB_ASSIGN_OR_RETURN(setup.device, FindDevice(options.device));
  NCLAB_RETURN_IF_ERROR(SetPrecision(spec.precision, setup.device));
  if (options.threads > 0) at::set_num_threads(options.threads);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice data, Datasets().Bind(spec.dataset));
  NCLAB_ASSIGN_OR_RETURN(setup.dataset,
                         LoadDataset(data, {options.data_dir, options.fetch}));
  setup.train = ToDevice(setup.dataset, setup.dataset.train, setup.device);
  setup.test = ToDevice(setup.dataset, setup.dataset.test, setup.device);
  const ModelInput input = {SampleShape(setup.dataset),
                            setup.dataset.classes()};
  setup.dataset.train = setup.dataset.test = {};
  SeedGenerators(spec.seed);
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice model, Models().Bind(spec.model));
  NCLAB_ASSIGN_OR_RETURN(setup.model, MakeModel(model, input));
  const int64_t classes = model.params.Int("classes");
  if (classes != 0 && classes < setup.dataset.classes()) {
    return absl::InvalidArgumentError(
        absl::StrCat("The model has ", classes, " classes, the dataset ",
                     setup.dataset.classes(),
                     ". Leave classes out, or give at least as many."));
  }
  setup.model->to(setup.device);
  FreezeParts(*setup.model, spec);
  setup.evaluation.classes =
      setup.model->named_parameters()[setup.model->head() + ".weight"].size(0);
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.layers,
                         ResolveLayers(*setup.model, spec.layers));
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.needs, NeedsOf(spec.metrics));
  return setup;
}

// Once the model's weights are in place.
void Rewrite(const RunSpec& spec, const RunOptions& options, Setup& setup) {
  setup.rewriting =
      RewriteFor(spec, options.rewrite, *setup.model, setup.train.samples);
  const Rewrites& rewrites = setup.rewriting.rewrites;
  setup.trained = rewrites.Reduced(TrainedParameters(*setup.model));
  NamedTensors all;
  for (const auto& item : setup.model->named_parameters()) {
    all.emplace_back(item.key(), item.value());
  }
  setup.channels_last = UseChannelsLast(spec, rewrites.Reduced(all));
}

// The state of a run between two steps.
class Trainer {
 public:
  Trainer(const RunSpec& spec, const RunOptions& options, Setup setup)
      : spec_(spec),
        options_(options),
        setup_(std::move(setup)),
        directory_(options.directory),
        compute_(options.make_recorder ? options.make_recorder(setup_.device)
                                       : nullptr,
                 [this] { Compute(); }),
        sgd_(Tensors(setup_.trained), spec.momentum, spec.weight_decay,
             setup_.rewriting.rewrites.StepScales(setup_.trained),
             /*rate_on_device=*/compute_.records()),
        batches_(setup_.train.labels.size(0), spec.batch_size, spec.seed,
                 setup_.device),
        losses_(at::full({kLossWindow},
                         std::numeric_limits<double>::quiet_NaN(),
                         at::TensorOptions(at::kFloat).device(setup_.device))),
        loss_(losses_.select(0, 0).clone()),
        index_(batches_.Indices(0).clone()),
        grid_(EvaluationSteps(spec)) {
    setup_.evaluation.stop_requested = [this] { return StopRequested(); };
  }
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  absl::StatusOr<RunOutcome> Run(const ResumePoint& point) {
    NCLAB_RETURN_IF_ERROR(Resume(point));
    started_ = last_checkpoint_time_ = last_progress_time_ = Clock::now();
    first_step_ = step_;
    while (!finished_) {
      if (StopRequested()) {
        NCLAB_RETURN_IF_ERROR(CheckLosses());
        if (failure_.empty()) NCLAB_RETURN_IF_ERROR(Save());
        if (failure_.empty()) return Outcome(RunOutcome::State::kStopped);
        break;
      }
      NCLAB_RETURN_IF_ERROR(BetweenSteps());
      if (stopped_) continue;  // in an evaluation, which is made again
      if (finished_ || !failure_.empty()) break;
      Step();
    }
    if (!failure_.empty()) return Fail();
    NCLAB_RETURN_IF_ERROR(Finish());
    return Outcome(RunOutcome::State::kDone);
  }

  // One SGD step, without a transfer from the device.
  void Step() {
    index_.copy_(batches_.Indices(step_));
    sgd_.SetRate(LearningRate(spec_, step_));
    compute_.Run();
    losses_.select(0, step_ % kLossWindow).copy_(loss_);
    ++step_;
  }

  // Brings the losses of the current window to the host. Sets failure_ if one
  // is not a number, mean_loss_ where the window is full.
  absl::Status CheckLosses() {
    const int64_t filled = step_ == 0 ? 0 : (step_ - 1) % kLossWindow + 1;
    const at::Tensor host = losses_.cpu();
    const float* loss = host.const_data_ptr<float>();
    double sum = 0;
    for (int64_t i = 0; i < filled; ++i) {
      if (!std::isfinite(loss[i])) {
        const int64_t step = step_ - filled + i;
        failure_ =
            absl::StrCat("The loss became ", loss[i], " at step ", step,
                         " (epoch ", step / batches_.steps_per_epoch(), ").");
        return absl::OkStatus();
      }
      sum += loss[i];
    }
    if (filled == kLossWindow) mean_loss_ = sum / kLossWindow;
    return absl::OkStatus();
  }

 private:
  // Intervals are measured by a clock that never goes back.
  using Clock = std::chrono::steady_clock;

  // What a step does on the device, from index_ and the rate to weights and
  // loss_. The same work every time: it may be recorded.
  void Compute() {
    const at::Tensor x = Gather(setup_.train.samples, index_);
    const at::Tensor y = setup_.train.labels.index_select(0, index_);
    at::Tensor logits;
    {
      const Autocast autocast(spec_.precision, setup_.device);
      logits = setup_.model->Forward(x, no_taps_);
    }
    const at::Tensor loss = at::cross_entropy_loss(logits.to(at::kFloat), y);
    loss.backward();
    sgd_.Step();
    loss_.copy_(loss.detach());
  }

  bool StopRequested() {
    stopped_ =
        stopped_ || (options_.stop_requested && options_.stop_requested());
    return stopped_;
  }

  RunOutcome Outcome(RunOutcome::State state) {
    return {state, step_, failure_};
  }

  // What is due at step_, before the next one: looking at the losses, an
  // evaluation, a checkpoint, a word of progress.
  absl::Status BetweenSteps() {
    const bool at_end = step_ >= spec_.steps;
    const bool on_grid = std::binary_search(grid_.begin(), grid_.end(), step_);
    if (step_ % kLossWindow == 0 || on_grid || at_end) {
      NCLAB_RETURN_IF_ERROR(CheckLosses());
      if (!failure_.empty()) return absl::OkStatus();
    }
    finished_ = at_end || (step_ % kLossWindow == 0 && step_ > 0 &&
                           mean_loss_ < spec_.stop_train_loss);
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
    if (finished_ || (asked_for && !FileExists(directory_.Checkpoint(step_))) ||
        absl::FromChrono(now - last_checkpoint_time_) >=
            options_.checkpoint_every) {
      NCLAB_RETURN_IF_ERROR(CheckLosses());
      if (!failure_.empty()) return absl::OkStatus();
      NCLAB_RETURN_IF_ERROR(Save());
    }
    if (finished_ || now - last_progress_time_ >= std::chrono::seconds(1)) {
      Report(now);
    }
    return absl::OkStatus();
  }

  double StepsPerSecond() const {
    const double seconds =
        std::chrono::duration<double>(Clock::now() - started_).count();
    return seconds > 0 ? static_cast<double>(step_ - first_step_) / seconds : 0;
  }

  void Report(Clock::time_point now) {
    last_progress_time_ = now;
    if (!options_.on_progress) return;
    options_.on_progress({step_, spec_.steps, StepsPerSecond(), mean_loss_});
  }

  absl::Status Evaluate() {
    Evaluation evaluation;
    evaluation.step = step_;
    // Does not go back where the system's clock was set back.
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    wall_time_ =
        std::max(wall_time_, std::chrono::duration<double>(now).count());
    evaluation.wall_time = wall_time_;
    const EvaluationPlan& plan = setup_.evaluation;
    evaluation.train = EvaluateSplit(*setup_.model, setup_.train, plan);
    if (StopRequested()) return absl::OkStatus();
    TensorMap features;
    evaluation.test =
        EvaluateSplit(*setup_.model, setup_.test, plan, &evaluation.train,
                      plan.needs & kNeedsClusters ? &features : nullptr);
    if (StopRequested()) return absl::OkStatus();
    if (!features.empty()) {
      NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_.File("features")));
      NCLAB_RETURN_IF_ERROR(
          SaveTensors(directory_.Features(step_), features, Sealed({})));
    }
    NCLAB_RETURN_IF_ERROR(directory_.WriteEvaluation(evaluation));
    last_evaluated_ = step_;
    return Record(evaluation);
  }

  // Rows that need no means at T, into metrics.csv, events and the log.
  absl::Status Record(const Evaluation& evaluation) {
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
  StateTensors State() {
    const Rewrites& rewrites = setup_.rewriting.rewrites;
    return {*setup_.model,
            setup_.trained,
            rewrites.FullMomentum(setup_.trained, sgd_.momentum_buffers()),
            rewrites.Sums(),
            losses_,
            setup_.device};
  }

  absl::Status Save() {
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

  // Goes on from the checkpoint there, if any. Evaluations beyond it are made
  // again.
  absl::Status Resume(const ResumePoint& point) {
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
  absl::Status Finish() {
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
    NCLAB_RETURN_IF_ERROR(FinishManifest(
        directory_.path(), step_, StepsPerSecond(),
        std::chrono::duration<double>(checkpoint_time_).count()));
    return directory_.MarkDone();
  }

  absl::StatusOr<RunOutcome> Fail() {
    const std::vector<int64_t> steps = directory_.CheckpointSteps();
    absl::StrAppend(&failure_, " Last good checkpoint: ",
                    steps.empty() ? "none"
                                  : absl::StrCat("checkpoints/step-",
                                                 steps.back(), ".safetensors"),
                    ".");
    NCLAB_RETURN_IF_ERROR(
        WriteFileAtomically(directory_.File("FAILED"), failure_ + "\n"));
    return Outcome(RunOutcome::State::kFailed);
  }

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
  std::unique_ptr<EventFile> events_;
  Taps no_taps_;

  int64_t step_ = 0;
  int64_t first_step_ = 0;  // of this process
  int64_t last_evaluated_ = -1;
  double mean_loss_ = std::numeric_limits<double>::quiet_NaN();
  bool finished_ = false;
  bool stopped_ = false;
  std::string failure_;
  std::vector<int64_t> evaluated_;
  std::vector<MetricRow> rows_;
  double wall_time_ = 0;  // of the last evaluation, seconds since the epoch
  Clock::time_point started_, last_checkpoint_time_, last_progress_time_;
  Clock::duration checkpoint_time_{};  // spent in them
};

}  // namespace

absl::StatusOr<RunCost> MeasureCost(const RunSpec& canonical,
                                    const RunOptions& options, int steps,
                                    absl::Duration at_most) {
  RunCost cost;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    NCLAB_ASSIGN_OR_RETURN(Setup setup, Prepare(canonical, options));
    Rewrite(canonical, options, setup);
    const DeviceSplit train = setup.train;
    const int64_t samples = train.labels.size(0) + setup.test.labels.size(0);
    const int64_t batch = std::min(kEvaluationBatch, train.labels.size(0));
    const DeviceSplit first = {train.samples.slice(0, 0, batch),
                               train.labels.slice(0, 0, batch)};
    const std::shared_ptr<Model> model = setup.model;
    const EvaluationPlan plan = setup.evaluation;
    const at::Device device = setup.device;
    for (const at::Tensor& parameter : model->parameters()) {
      cost.parameters += parameter.numel();
    }
    Trainer trainer(canonical, options, std::move(setup));
    const int warm_up = device.is_cuda() ? RepeatedWork::kWarmUp + 1 : 2;
    for (int i = 0; i < warm_up; ++i) trainer.Step();
    NCLAB_RETURN_IF_ERROR(trainer.CheckLosses());  // waits for the device
    absl::Time start = absl::Now();
    int done = 0;
    for (; done < steps && (done == 0 || absl::Now() - start < at_most);
         ++done) {
      trainer.Step();
    }
    NCLAB_RETURN_IF_ERROR(trainer.CheckLosses());
    cost.step = absl::ToDoubleSeconds(absl::Now() - start) / done;
    start = absl::Now();
    EvaluateSplit(*model, first, plan);
    cost.evaluation = absl::ToDoubleSeconds(absl::Now() - start) *
                      static_cast<double>(samples) / static_cast<double>(batch);
    return absl::OkStatus();
  }));
  return cost;
}

absl::StatusOr<RunOutcome> Train(const RunSpec& canonical,
                                 const RunOptions& options) {
  const RunDirectory directory(options.directory);
  RunOutcome outcome;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    const auto finished = [&] {
      if (!directory.Done()) return false;
      // It may have stopped early: its last checkpoint says where.
      const std::vector<int64_t> steps = directory.CheckpointSteps();
      outcome.step = steps.empty() ? canonical.steps : steps.back();
      return true;
    };
    if (finished()) return directory.Begin(canonical);
    NCLAB_ASSIGN_OR_RETURN(Setup setup, Prepare(canonical, options));
    const auto start_from_parent = [&] {
      return canonical.init_from.empty()
                 ? absl::OkStatus()
                 : StartFromParent(canonical, options.directory,
                                   options.parent_directory, *setup.model);
    };
    const bool fresh = directory.CheckpointSteps().empty();
    if (fresh) NCLAB_RETURN_IF_ERROR(start_from_parent());
    NCLAB_RETURN_IF_ERROR(directory.Begin(canonical));
    bool stopped = false;
    const absl::StatusOr<FileLock> lock =
        FileLock::Acquire(directory.File(".lock"), [&] {
          stopped = options.stop_requested && options.stop_requested();
          return stopped || !options.wait_for_lock;
        });
    if (!lock.ok() && stopped && options.wait_for_lock) {
      outcome.state = RunOutcome::State::kStopped;
      return absl::OkStatus();
    }
    NCLAB_RETURN_IF_ERROR(lock.status());
    if (finished()) return absl::OkStatus();  // by the process waited for
    const RunLog log(directory.File("log.txt"));
    directory.RemoveTemporaries();
    if (const absl::Status done = directory.CheckDone();
        absl::IsDataLoss(done) && FileExists(directory.File("metrics.csv"))) {
      NCLAB_RETURN_IF_ERROR(
          directory.SetAside(directory.File("metrics.csv"), done.message()));
    }
    std::error_code error;
    for (const char* name : {"DONE", "FAILED"}) {
      std::filesystem::remove(directory.File(name), error);
    }
    NCLAB_ASSIGN_OR_RETURN(
        const ResumePoint point,
        FindResumePoint(directory, canonical,
                        setup.evaluation.needs & kNeedsClusters));
    if (point.step < 0 && !fresh) NCLAB_RETURN_IF_ERROR(start_from_parent());
    Rewrite(canonical, options, setup);
    NCLAB_RETURN_IF_ERROR(BeginManifest(
        directory.path(),
        {options.commit, setup.device.str(), at::get_num_threads(),
         setup.dataset.classes(), setup.dataset.files, options.side_by_side,
         setup.rewriting.rewrites.Words(), setup.rewriting.left_out,
         setup.channels_last}));
    Trainer trainer(canonical, options, std::move(setup));
    absl::StatusOr<RunOutcome> run = trainer.Run(point);
    if (absl::IsResourceExhausted(run.status())) {
      return absl::ResourceExhaustedError(absl::StrCat(
          run.status().message(),
          ". The last checkpoint is whole: make room, then run the same "
          "command again."));
    }
    NCLAB_ASSIGN_OR_RETURN(outcome, std::move(run));
    return absl::OkStatus();
  }));
  return outcome;
}

}  // namespace nclab
