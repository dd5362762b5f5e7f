#include "experiments/training/training.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>
#include <ATen/ops/index_select.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "datasets/dataset.h"
#include "datasets/view.h"
#include "experiments/training/batches.h"
#include "experiments/training/chain.h"
#include "experiments/training/clusters.h"
#include "experiments/training/device.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/event_file.h"
#include "experiments/training/manifest.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/sgd.h"
#include "models/model.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/logging.h"
#include "tools/base/numbers.h"
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
  NamedTensors trained;  // what SGD changes
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

// Copies the tensor `name` of a file into `target`.
absl::Status LoadInto(const std::string& path, const TensorMap& tensors,
                      const std::string& name, at::Tensor target) {
  const auto it = tensors.find(name);
  if (it == tensors.end() || it->second.sizes() != target.sizes() ||
      it->second.scalar_type() != target.scalar_type()) {
    return absl::DataLossError(absl::StrCat(path, " lacks the tensor '", name,
                                            "' of this run's shape and type."));
  }
  target.copy_(it->second);
  return absl::OkStatus();
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
  setup.trained = TrainedParameters(*setup.model);
  setup.evaluation.classes =
      setup.model->named_parameters()[setup.model->head() + ".weight"].size(0);
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.layers,
                         ResolveLayers(*setup.model, spec.layers));
  NCLAB_ASSIGN_OR_RETURN(setup.evaluation.needs, NeedsOf(spec.metrics));
  return setup;
}

// The state of a run between two steps.
class Trainer {
 public:
  Trainer(const RunSpec& spec, const RunOptions& options, Setup setup)
      : spec_(spec),
        options_(options),
        setup_(std::move(setup)),
        directory_(options.directory),
        sgd_(Tensors(setup_.trained), spec.momentum, spec.weight_decay),
        batches_(setup_.train.labels.size(0), spec.batch_size, spec.seed,
                 setup_.device),
        losses_(at::full({kLossWindow},
                         std::numeric_limits<double>::quiet_NaN(),
                         at::TensorOptions(at::kFloat).device(setup_.device))),
        grid_(EvaluationSteps(spec)) {}

  absl::StatusOr<RunOutcome> Run() {
    NCLAB_RETURN_IF_ERROR(Resume());
    started_ = last_checkpoint_time_ = last_progress_time_ = absl::Now();
    first_step_ = step_;
    while (!finished_) {
      if (options_.stop_requested && options_.stop_requested()) {
        NCLAB_RETURN_IF_ERROR(CheckLosses());
        if (failure_.empty()) NCLAB_RETURN_IF_ERROR(SaveCheckpoint());
        if (failure_.empty()) return Outcome(RunOutcome::State::kStopped);
        break;
      }
      NCLAB_RETURN_IF_ERROR(BetweenSteps());
      if (finished_ || !failure_.empty()) break;
      Step();
    }
    if (!failure_.empty()) return Fail();
    NCLAB_RETURN_IF_ERROR(Finish());
    return Outcome(RunOutcome::State::kDone);
  }

  // One SGD step, without a transfer from the device.
  void Step() {
    const at::Tensor index = batches_.Indices(step_);
    const at::Tensor x = setup_.train.samples.index_select(0, index);
    const at::Tensor y = setup_.train.labels.index_select(0, index);
    at::Tensor logits;
    {
      const Autocast autocast(spec_.precision, setup_.device);
      logits = setup_.model->Forward(x, no_taps_);
    }
    const at::Tensor loss = at::cross_entropy_loss(logits.to(at::kFloat), y);
    loss.backward();
    sgd_.Step(LearningRate(spec_, step_));
    losses_.select(0, step_ % kLossWindow).copy_(loss.detach());
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
    }
    const absl::Time now = absl::Now();
    const bool asked_for = std::binary_search(spec_.save_steps.begin(),
                                              spec_.save_steps.end(), step_);
    if (finished_ || (asked_for && !FileExists(directory_.Checkpoint(step_))) ||
        now - last_checkpoint_time_ >= options_.checkpoint_every) {
      NCLAB_RETURN_IF_ERROR(CheckLosses());
      if (!failure_.empty()) return absl::OkStatus();
      NCLAB_RETURN_IF_ERROR(SaveCheckpoint());
    }
    if (finished_ || now - last_progress_time_ >= absl::Seconds(1)) {
      Report(now);
    }
    return absl::OkStatus();
  }

  void Report(absl::Time now) {
    last_progress_time_ = now;
    if (!options_.on_progress) return;
    const double seconds = absl::ToDoubleSeconds(now - started_);
    options_.on_progress(
        {step_, spec_.steps,
         seconds > 0 ? static_cast<double>(step_ - first_step_) / seconds : 0,
         mean_loss_});
  }

  absl::Status Evaluate() {
    Evaluation evaluation;
    evaluation.step = step_;
    evaluation.wall_time =
        absl::ToDoubleSeconds(absl::Now() - absl::UnixEpoch());
    const EvaluationPlan& plan = setup_.evaluation;
    evaluation.train = EvaluateSplit(*setup_.model, setup_.train, plan);
    TensorMap features;
    evaluation.test =
        EvaluateSplit(*setup_.model, setup_.test, plan, &evaluation.train,
                      plan.needs & kNeedsClusters ? &features : nullptr);
    if (!features.empty()) {
      NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(directory_.File("features")));
      NCLAB_RETURN_IF_ERROR(SaveTensors(directory_.Features(step_), features));
    }
    NCLAB_RETURN_IF_ERROR(directory_.WriteEvaluation(evaluation));
    last_evaluated_ = step_;
    return Record(evaluation);
  }

  // Rows that need no means at T, into metrics.csv, events and the log.
  absl::Status Record(const Evaluation& evaluation) {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<MetricRow> rows,
                           MetricRows(spec_.metrics, evaluation, nullptr));
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

  // Parameters and buffers under their own names, so that the file opens as
  // weights elsewhere; what only a resume needs under "nclab.".
  absl::Status SaveCheckpoint() {
    TensorMap tensors;
    for (const auto& item : setup_.model->named_parameters()) {
      tensors[item.key()] = item.value();
    }
    for (size_t i = 0; i < setup_.trained.size(); ++i) {
      tensors["nclab.momentum." + setup_.trained[i].first] =
          sgd_.momentum_buffers()[i];
    }
    for (const auto& item : setup_.model->named_buffers()) {
      tensors[item.key()] = item.value();
    }
    tensors["nclab.losses"] = losses_;
    for (auto& [name, state] : GeneratorStates(setup_.device)) {
      tensors["nclab.generator." + name] = state;
    }
    NCLAB_RETURN_IF_ERROR(
        SaveTensors(directory_.Checkpoint(step_), tensors,
                    {{"step", absl::StrCat(step_)},
                     {"mean_loss", FormatDouble(mean_loss_)},
                     {"last_evaluated", absl::StrCat(last_evaluated_)}}));
    last_checkpoint_time_ = absl::Now();
    std::vector<int64_t> keep = spec_.save_steps;
    keep.push_back(step_);
    return directory_.PruneCheckpoints(keep);
  }

  // Goes on from the last checkpoint there, if any. Evaluations beyond it are
  // made again.
  absl::Status Resume() {
    const std::vector<int64_t> steps = directory_.CheckpointSteps();
    if (!steps.empty()) {
      NCLAB_RETURN_IF_ERROR(
          LoadCheckpoint(directory_.Checkpoint(steps.back())));
      LOG(INFO) << "resumed at step " << step_;
    }
    NCLAB_ASSIGN_OR_RETURN(events_, EventFile::Create(directory_.path()));
    NCLAB_ASSIGN_OR_RETURN(const std::vector<Evaluation> evaluations,
                           directory_.ReadEvaluations(last_evaluated_));
    for (const Evaluation& evaluation : evaluations) {
      NCLAB_RETURN_IF_ERROR(Record(evaluation));
    }
    return absl::OkStatus();
  }

  absl::Status LoadCheckpoint(const std::string& path) {
    NCLAB_ASSIGN_OR_RETURN(TensorFile file, LoadTensors(path));
    const at::NoGradGuard no_grad;
    const auto load = [&](const std::string& name, const at::Tensor& target) {
      return LoadInto(path, file.tensors, name, target);
    };
    for (const auto& item : setup_.model->named_parameters()) {
      NCLAB_RETURN_IF_ERROR(load(item.key(), item.value()));
    }
    for (size_t i = 0; i < setup_.trained.size(); ++i) {
      NCLAB_RETURN_IF_ERROR(load("nclab.momentum." + setup_.trained[i].first,
                                 sgd_.momentum_buffers()[i]));
    }
    for (const auto& item : setup_.model->named_buffers()) {
      NCLAB_RETURN_IF_ERROR(load(item.key(), item.value()));
    }
    NCLAB_RETURN_IF_ERROR(load("nclab.losses", losses_));
    for (auto& [name, state] : GeneratorStates(setup_.device)) {
      NCLAB_RETURN_IF_ERROR(load("nclab.generator." + name, state));
      SetGeneratorState(name, state, setup_.device);
    }
    if (!absl::SimpleAtoi(file.metadata["step"], &step_) ||
        !absl::SimpleAtod(file.metadata["mean_loss"], &mean_loss_) ||
        !absl::SimpleAtoi(file.metadata["last_evaluated"], &last_evaluated_)) {
      return absl::DataLossError(
          absl::StrCat(path, " does not say at which step it was written."));
    }
    return absl::OkStatus();
  }

  // With T reached: the rows anchored there, for every evaluation; then the
  // manifest's end, and DONE last of all.
  absl::Status Finish() {
    NCLAB_ASSIGN_OR_RETURN(std::vector<Evaluation> evaluations,
                           directory_.ReadEvaluations(last_evaluated_));
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
    const double seconds = absl::ToDoubleSeconds(absl::Now() - started_);
    NCLAB_RETURN_IF_ERROR(FinishManifest(
        directory_.path(), step_,
        seconds > 0 ? static_cast<double>(step_ - first_step_) / seconds : 0));
    return WriteFileAtomically(directory_.File("DONE"), "");
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
  Sgd sgd_;
  Batches batches_;
  at::Tensor losses_;  // float [kLossWindow], slot step % kLossWindow
  std::vector<int64_t> grid_;
  std::unique_ptr<EventFile> events_;
  Taps no_taps_;

  int64_t step_ = 0;
  int64_t first_step_ = 0;  // of this process
  int64_t last_evaluated_ = -1;
  double mean_loss_ = std::numeric_limits<double>::quiet_NaN();
  bool finished_ = false;
  std::string failure_;
  std::vector<MetricRow> rows_;
  absl::Time started_, last_checkpoint_time_, last_progress_time_;
};

}  // namespace

absl::StatusOr<RunCost> MeasureCost(const RunSpec& canonical,
                                    const RunOptions& options, int steps,
                                    absl::Duration at_most) {
  constexpr int kWarmUp = 2;
  RunCost cost;
  NCLAB_RETURN_IF_ERROR(CatchTorch([&]() -> absl::Status {
    ConfigureProcess();
    NCLAB_ASSIGN_OR_RETURN(Setup setup, Prepare(canonical, options));
    const DeviceSplit train = setup.train;
    const int64_t samples = train.labels.size(0) + setup.test.labels.size(0);
    const int64_t batch = std::min(kEvaluationBatch, train.labels.size(0));
    const DeviceSplit first = {train.samples.slice(0, 0, batch),
                               train.labels.slice(0, 0, batch)};
    const std::shared_ptr<Model> model = setup.model;
    const EvaluationPlan plan = setup.evaluation;
    for (const at::Tensor& parameter : model->parameters()) {
      cost.parameters += parameter.numel();
    }
    Trainer trainer(canonical, options, std::move(setup));
    for (int i = 0; i < kWarmUp; ++i) trainer.Step();
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
    if (directory.Done()) {
      NCLAB_RETURN_IF_ERROR(directory.Begin(canonical));
      // It may have stopped early: its last checkpoint says where.
      const std::vector<int64_t> steps = directory.CheckpointSteps();
      outcome.step = steps.empty() ? canonical.steps : steps.back();
      return absl::OkStatus();
    }
    NCLAB_ASSIGN_OR_RETURN(Setup setup, Prepare(canonical, options));
    if (!canonical.init_from.empty() && directory.CheckpointSteps().empty()) {
      NCLAB_RETURN_IF_ERROR(StartFromParent(canonical, options.directory,
                                            options.parent_directory,
                                            *setup.model));
    }
    NCLAB_RETURN_IF_ERROR(directory.Begin(canonical));
    NCLAB_ASSIGN_OR_RETURN(const FileLock lock,
                           FileLock::Acquire(directory.File(".lock")));
    std::error_code error;
    std::filesystem::remove(directory.File("FAILED"), error);
    NCLAB_RETURN_IF_ERROR(BeginManifest(
        directory.path(),
        {options.commit, setup.device.str(), at::get_num_threads(),
         setup.dataset.classes(), setup.dataset.files}));
    const RunLog log(directory.File("log.txt"));
    Trainer trainer(canonical, options, std::move(setup));
    NCLAB_ASSIGN_OR_RETURN(outcome, trainer.Run());
    return absl::OkStatus();
  }));
  return outcome;
}

}  // namespace nclab
