#include "experiments/training/run/step.h"

#include <ATen/ops/full.h>

#include <cmath>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/recipes/reductions.h"
#include "experiments/training/device/device.h"
#include "models/layers/layers.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// `batch` is one of the run's.
TrainedModel RewriteModel(const RunSpec& spec, const RunOptions& options,
                          const Setup& setup, const DeviceSplit& batch) {
  TrainedModel trained;
  if (options.rewrite) {
    HoldingReductions holding =
        ReductionsThatHold(ReductionsUnder(setup.pieces.optimizer),
                           /*from_another=*/!spec.init_from.empty());
    trained.rewrites =
        Rewrites::Of(*setup.model, batch.samples.slice(0, 0, 1), holding.kinds);
    trained.left_out = std::move(holding.left_out);
  } else {
    trained.left_out = "--rewrite=off";
  }
  NamedTensors all;
  for (const auto& item : setup.model->named_parameters()) {
    all.emplace_back(item.key(), item.value());
    if (item.value().requires_grad()) {
      trained.parameters.emplace_back(item.key(), item.value());
    }
  }
  trained.parameters = trained.rewrites.Reduced(std::move(trained.parameters));
  trained.channels_last =
      options.channels_last &&
      UseChannelsLast(trained.rewrites.Reduced(std::move(all)));
  return trained;
}

std::vector<at::Tensor> Tensors(const NamedTensors& named) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
}

std::vector<at::Tensor> Clones(const std::vector<at::Tensor>& tensors) {
  std::vector<at::Tensor> clones;
  for (const at::Tensor& tensor : tensors) clones.push_back(tensor.clone());
  return clones;
}

std::unique_ptr<Recorder> RecorderFor(const RunOptions& options,
                                      at::Device device) {
  return options.make_recorder ? options.make_recorder(device) : nullptr;
}

}  // namespace

Step::Step(const RunSpec& canonical, const RunOptions& options,
           const Setup& setup)
    : spec_(canonical),
      setup_(setup),
      drawn_(Clones(setup.pieces.stream->Draw(0))),
      trained_(RewriteModel(canonical, options, setup,
                            setup.pieces.stream->Batch(setup.train, drawn_))),
      compute_(RecorderFor(options, setup.device), [this] { Compute(); }),
      losses_(at::full({kLossWindow}, std::numeric_limits<double>::quiet_NaN(),
                       at::TensorOptions(at::kFloat).device(setup.device))),
      loss_(losses_.select(0, 0).clone()) {}

absl::StatusOr<std::unique_ptr<Step>> Step::Make(const RunSpec& canonical,
                                                 const RunOptions& options,
                                                 const Setup& setup) {
  std::unique_ptr<Step> step(new Step(canonical, options, setup));
  const TrainedModel& trained = step->trained_;
  NCLAB_ASSIGN_OR_RETURN(
      step->optimizer_,
      MakeOptimizer(
          setup.pieces.optimizer,
          {.parameters = Tensors(trained.parameters),
           .step_scales = StepScales(trained.rewrites, trained.parameters),
           .recorded = step->compute_.records()}));
  return step;
}

absl::Status Step::Run() {
  const double factor = setup_.pieces.schedule(count_);
  if (!std::isfinite(factor) || factor < 0) {
    return absl::InternalError(absl::StrCat(
        "The schedule ", spec_.schedule, " gives ", factor, " at step ", count_,
        "; it promises numbers that are finite and not negative."));
  }
  if (count_ == started_at_ && spec_.train_part == "head" &&
      !setup_.pieces.changes_samples) {
    const Autocast autocast(spec_.precision, setup_.device);
    frozen_ = Freeze(*setup_.model, setup_.train, drawn_[0].size(0));
  }
  const std::vector<at::Tensor> drawn = setup_.pieces.stream->Draw(count_);
  for (size_t i = 0; i < drawn.size(); ++i) drawn_[i].copy_(drawn[i]);
  optimizer_->SetRate(spec_.lr * factor);
  compute_.Run();
  losses_.select(0, count_ % kLossWindow).copy_(loss_);
  ++count_;
  return absl::OkStatus();
}

at::Tensor Step::Logits(const at::Tensor& samples) {
  const Autocast autocast(spec_.precision, setup_.device);
  return frozen_ ? frozen_->head(samples)
                 : setup_.model->Forward(samples, no_taps_);
}

// What a step does on the device, from drawn_ and the rate to weights and
// loss_. The same work every time: it may be recorded.
void Step::Compute() {
  const DeviceSplit batch = setup_.pieces.stream->Batch(
      frozen_ ? frozen_->split : setup_.train, drawn_);
  const at::Tensor logits = Logits(batch.samples);
  const at::Tensor loss =
      setup_.pieces.objective(logits.to(at::kFloat), batch.labels);
  loss.backward();
  optimizer_->Step();
  loss_.copy_(loss.detach());
}

std::vector<float> Step::Losses() const {
  const int64_t filled = count_ == 0 ? 0 : (count_ - 1) % kLossWindow + 1;
  const at::Tensor host = losses_.cpu();
  const float* losses = host.const_data_ptr<float>();
  return {losses, losses + filled};
}

StateTensors Step::State() {
  trained_.rewrites.ToFull();
  CountBatches(*setup_.model, count_ - std::exchange(counted_, count_));
  std::vector<OptimizerState> states = optimizer_->State();
  for (OptimizerState& state : states) {
    state.tensors =
        FullState(trained_.rewrites, trained_.parameters, state.tensors);
  }
  return {*setup_.model,     trained_.parameters,
          std::move(states), trained_.rewrites.Sums(),
          losses_,           setup_.device};
}

void Step::GoOn(int64_t count, const StateTensors& state) {
  trained_.rewrites.FromFull(state.sums);
  const std::vector<OptimizerState> states = optimizer_->State();
  for (size_t i = 0; i < states.size(); ++i) {
    ReduceState(trained_.rewrites, trained_.parameters,
                state.optimizer[i].tensors, states[i].tensors);
  }
  count_ = started_at_ = counted_ = count;
}

}  // namespace nclab
