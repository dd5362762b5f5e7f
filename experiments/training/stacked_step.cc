#include "experiments/training/stacked_step.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/stack.h>

#include <utility>

#include "experiments/training/device.h"
#include "experiments/training/rewriting.h"
#include "models/stacked.h"

namespace nclab {

StackedStep::StackedStep(std::vector<Trainer*> trainers, std::string precision,
                         std::unique_ptr<Recorder> recorder)
    : trainers_(std::move(trainers)),
      precision_(std::move(precision)),
      compute_(std::move(recorder), [this] { Compute(); }) {
  for (Trainer* trainer : trainers_) {
    parts_.push_back(trainer->setup().model->parameters());
  }
  for (size_t i = 0; i < parts_[0].size(); ++i) {
    std::vector<at::Tensor> values;
    for (const auto& parts : parts_) values.push_back(parts[i].detach());
    stacked_.push_back(at::stack(values));
    for (size_t m = 0; m < parts_.size(); ++m) {
      parts_[m][i].set_data(stacked_[i].select(0, static_cast<int64_t>(m)));
    }
    stacked_[i].requires_grad_(parts_[0][i].requires_grad());
    if (stacked_[i].requires_grad() && IsUpdatedInBackward(stacked_[i])) {
      AfterGradient(stacked_[i], [this, i] {
        HandOut(i);
        for (size_t m = 0; m < trainers_.size(); ++m) {
          trainers_[m]->sgd().Update(parts_[m][i]);
        }
      });
    }
  }
}

// Gives the models their parts of the gradient of parameter i, if there is one.
void StackedStep::HandOut(size_t i) {
  if (!stacked_[i].grad().defined()) return;  // frozen, or handed out already
  for (size_t m = 0; m < trainers_.size(); ++m) {
    parts_[m][i].mutable_grad() =
        stacked_[i].grad().select(0, static_cast<int64_t>(m));
  }
  stacked_[i].mutable_grad() = at::Tensor();
}

// The same work every time: it may be recorded.
void StackedStep::Compute() {
  const Setup& setup = trainers_[0]->setup();
  std::vector<at::Tensor> indices;
  for (Trainer* trainer : trainers_) indices.push_back(trainer->index());
  const auto models = static_cast<int64_t>(trainers_.size());
  const int64_t batch = indices[0].size(0);
  const at::Tensor index = at::cat(indices);
  const at::Tensor x =
      Gather(setup.data.train.samples, index).unflatten(0, {models, batch});
  const at::Tensor y =
      setup.data.train.labels.index_select(0, index).view({models, batch});
  at::Tensor logits;
  {
    const Autocast autocast(precision_, setup.data.device);
    logits = dynamic_cast<const Stackable&>(*setup.model)
                 .ForwardStacked(x, stacked_);
  }
  const std::vector<at::Tensor> each = logits.to(at::kFloat).unbind(0);
  std::vector<at::Tensor> losses;
  for (int64_t m = 0; m < models; ++m) {
    losses.push_back(
        at::cross_entropy_loss(each[static_cast<size_t>(m)], y[m]));
  }
  at::stack(losses).sum().backward();
  for (size_t i = 0; i < stacked_.size(); ++i) HandOut(i);
  for (size_t m = 0; m < trainers_.size(); ++m) {
    trainers_[m]->sgd().Step();
    trainers_[m]->loss().copy_(losses[m].detach());
  }
}

}  // namespace nclab
