// The pieces of a step, made of the choices of a spec.
#ifndef NCLAB_EXPERIMENTS_TRAINING_PIECES_PIECES_H_
#define NCLAB_EXPERIMENTS_TRAINING_PIECES_PIECES_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "experiments/recipes/batches.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/registry/choice.h"

namespace nclab {

struct Pieces {
  Objective objective;
  Schedule schedule;
  std::unique_ptr<Stream> stream;
  bool changes_samples = false;  // StreamInfo's
  BoundChoice optimizer;         // made by who knows its parameters
};

// For a run on `train`, whose model has K outputs, `classes`. `black`: what a
// raw 0 of its images has become, as of StreamInput. The optimizer is tried on
// one number. \error as the pieces', which say what does not go together.
absl::StatusOr<Pieces> MakePieces(const RunSpec& canonical, int64_t classes,
                                  const DeviceSplit& train,
                                  const at::Tensor& black);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_PIECES_PIECES_H_
