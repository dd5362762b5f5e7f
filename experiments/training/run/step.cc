#include "experiments/training/run/step.h"

#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/full.h>

#include <limits>
#include <memory>

#include "experiments/recipes/reductions.h"
#include "experiments/recipes/schedule.h"
#include "experiments/training/device/device.h"

namespace nclab {
namespace {

TrainedModel RewriteModel(const RunSpec& spec, bool rewrite,
                          const Setup& setup) {
  TrainedModel trained;
  if (rewrite) {
    HoldingReductions holding =
        ReductionsThatHold(!spec.init_from.empty(), spec.weight_decay);
    trained.rewrites = Rewrites::Of(
        *setup.model, setup.train.samples.slice(0, 0, 1), holding.kinds);
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
      UseChannelsLast(trained.rewrites.Reduced(std::move(all)));
  return trained;
}

std::vector<at::Tensor> Tensors(const NamedTensors& named) {
  std::vector<at::Tensor> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
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
      trained_(RewriteModel(canonical, options.rewrite, setup)),
      compute_(RecorderFor(options, setup.device), [this] { Compute(); }),
      sgd_(Tensors(trained_.parameters), canonical.momentum,
           canonical.weight_decay,
           StepScales(trained_.rewrites, trained_.parameters),
           /*rate_on_device=*/compute_.records()),
      batches_(setup.train.labels.size(0), canonical.batch_size, canonical.seed,
               setup.device),
      losses_(at::full({kLossWindow}, std::numeric_limits<double>::quiet_NaN(),
                       at::TensorOptions(at::kFloat).device(setup.device))),
      loss_(losses_.select(0, 0).clone()),
      index_(batches_.Indices(0).clone()) {
  sgd_.UpdateInBackward();
}

void Step::Run() {
  index_.copy_(batches_.Indices(count_));
  sgd_.SetRate(LearningRate(spec_.schedule, spec_.lr, count_, spec_.steps));
  compute_.Run();
  losses_.select(0, count_ % kLossWindow).copy_(loss_);
  ++count_;
}

// What a step does on the device, from index_ and the rate to weights and
// loss_. The same work every time: it may be recorded.
void Step::Compute() {
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

std::vector<float> Step::Losses() const {
  const int64_t filled = count_ == 0 ? 0 : (count_ - 1) % kLossWindow + 1;
  const at::Tensor host = losses_.cpu();
  const float* losses = host.const_data_ptr<float>();
  return {losses, losses + filled};
}

StateTensors Step::State() {
  trained_.rewrites.ToFull();
  return {*setup_.model,
          trained_.parameters,
          FullMomentum(trained_.rewrites, trained_.parameters,
                       sgd_.momentum_buffers()),
          trained_.rewrites.Sums(),
          losses_,
          setup_.device};
}

void Step::GoOn(int64_t count, const StateTensors& state) {
  trained_.rewrites.FromFull(state.sums);
  ReduceMomentum(trained_.rewrites, trained_.parameters, state.momentum,
                 sgd_.momentum_buffers());
  count_ = count;
}

}  // namespace nclab
