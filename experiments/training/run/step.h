// The arithmetic of a step: batch, forward and backward pass, update.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <string>
#include <vector>

#include "experiments/recipes/batches.h"
#include "experiments/recipes/recorder.h"
#include "experiments/recipes/sgd.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/checkpoint.h"
#include "experiments/training/run/setup.h"
#include "experiments/training/training.h"
#include "models/rewrites/rewrites.h"

namespace nclab {

// Batch losses stay on the device and are looked at every so many steps: no
// transfer in the step.
inline constexpr int64_t kLossWindow = 100;

// What the optimizer changes of a model.
struct TrainedModel {
  Rewrites rewrites;
  std::string left_out;     // of the rewrites, and why; "" if nothing was
  NamedTensors parameters;  // under the model's names, reduced where they are
  bool channels_last = false;  // the memory of convolutions' weights
};

class Step {
 public:
  // Of the model of `setup`, whose weights are in place; rewrites it. All must
  // outlive it.
  Step(const RunSpec& canonical, const RunOptions& options, const Setup& setup);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  // One step, without a transfer from the device.
  void Run();

  // How many there were.
  int64_t count() const { return count_; }
  int64_t epoch(int64_t step) const {
    return step / batches_.steps_per_epoch();
  }

  // The losses of the current window, one to kLossWindow of them; none before
  // the first step. Waits for the device.
  std::vector<float> Losses() const;

  // What goes on to the same bytes, in the shapes of the model's parameters,
  // whatever was rewritten: brought up to date, and in place.
  StateTensors State();
  // After `state`, of State(), was loaded: goes on from `count` steps.
  void GoOn(int64_t count, const StateTensors& state);

  const TrainedModel& trained() const { return trained_; }
  // Whether the device records a step and replays it.
  bool recorded() const { return compute_.records(); }

 private:
  void Compute();

  const RunSpec& spec_;
  const Setup& setup_;
  TrainedModel trained_;
  RepeatedWork compute_;
  Sgd sgd_;
  Batches batches_;
  at::Tensor losses_;  // float [kLossWindow], slot step % kLossWindow
  at::Tensor loss_;    // of the step's batch
  at::Tensor index_;   // of the step's batch, [B]
  Taps no_taps_;
  int64_t count_ = 0;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_
