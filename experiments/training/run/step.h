// The arithmetic of a step: batch, forward and backward pass, update.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/recording/recorder.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/checkpoint.h"
#include "experiments/training/pieces/frozen.h"
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
  // outlive it. \error as MakeOptimizer().
  static absl::StatusOr<std::unique_ptr<Step>> Make(const RunSpec& canonical,
                                                    const RunOptions& options,
                                                    const Setup& setup);
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

  // One step, without a transfer from the device. \error kInternal names the
  // schedule, the step and the promise that it breaks there.
  absl::Status Run();

  // How many there were.
  int64_t count() const { return count_; }
  int64_t epoch(int64_t step) const {
    return step / setup_.pieces.stream->steps_per_epoch();
  }

  // The objective's values in the current window, one to kLossWindow of them;
  // none before the first step. Waits for the device.
  std::vector<float> Losses() const;

  // What goes on to the same bytes, in the shapes of the model's parameters,
  // whatever was rewritten: brought up to date, and in place.
  StateTensors State();
  // After `state`, of State(), was loaded: goes on from `count` steps.
  void GoOn(int64_t count, const StateTensors& state);

  const TrainedModel& trained() const { return trained_; }
  // Whether a probe's frozen features stand for its samples.
  bool frozen() const { return frozen_.has_value(); }
  // Whether the device records a step and replays it.
  bool recorded() const { return compute_.records(); }

 private:
  Step(const RunSpec& canonical, const RunOptions& options, const Setup& setup);

  void Compute();
  at::Tensor Logits(const at::Tensor& samples);

  const RunSpec& spec_;
  const Setup& setup_;
  std::vector<at::Tensor> drawn_;  // by the stream, for the step
  TrainedModel trained_;
  RepeatedWork compute_;
  std::unique_ptr<Optimizer> optimizer_;
  std::optional<Frozen> frozen_;
  at::Tensor losses_;  // float [kLossWindow], slot step % kLossWindow
  at::Tensor loss_;    // of the step's batch
  Taps no_taps_;
  int64_t count_ = 0;
  int64_t started_at_ = 0;  // in this process
  int64_t counted_ = 0;     // batches, by the model's normalisations
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_STEP_H_
