// A run's checkpoint: all that it needs to go on to the same bytes.
#ifndef NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHECKPOINT_H_
#define NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHECKPOINT_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/training/checkpoints/weights.h"
#include "models/model.h"

namespace nclab {

// Where the loop is, between two steps.
struct LoopState {
  int64_t step = 0;
  int64_t last_evaluated = -1;  // step of the last evaluation; -1: none yet
  double mean_loss = std::numeric_limits<double>::quiet_NaN();
};

// The tensors of a run's state, in place. The order of samples is not among
// them: it is a pure function of seed and step.
struct StateTensors {
  const Model& model;                     // parameters and buffers
  const NamedTensors& trained;            // what the optimizer changes
  std::vector<OptimizerState> optimizer;  // of `trained`, in its order
  NamedTensors sums;                      // of Rewrites: a file may lack them
  at::Tensor losses;                      // of the current window
  at::Device device;                      // whose generators are saved
};

// Writes `path`, whole or not at all: parameters and buffers under their own
// names, so that the file opens as weights elsewhere; what only a resume needs
// under "nclab.".
absl::Status SaveCheckpoint(const std::string& path, const LoopState& loop,
                            const StateTensors& state);

// What the file says of the loop, after its checksum was found right.
// \error as CheckSeal(); kDataLoss if the file does not say it.
absl::StatusOr<LoopState> ReadLoopState(const std::string& path);

// Copies the file into `state` and the generators, after all of it was compared
// with them; drops from `state` the sums that the file lacks. \error as
// ReadLoopState(); kFailedPrecondition if a tensor is missing or of another
// shape: names it.
absl::StatusOr<LoopState> LoadCheckpoint(const std::string& path,
                                         StateTensors& state);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHECKPOINT_H_
