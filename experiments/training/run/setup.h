// What a run trains on, and its model, made from its spec.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_SETUP_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_SETUP_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/recipes/batches.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/pieces/pieces.h"
#include "experiments/training/training.h"
#include "models/model.h"

namespace nclab {

struct Setup {
  at::Device device = at::kCPU;
  Dataset dataset;          // without its samples, which are on the device
  DeviceSplit train, test;  // there
  DeviceSplit evaluated;    // what evaluations call the training split
  std::shared_ptr<Model> model;
  Pieces pieces;
  EvaluationPlan evaluation;
};

// Sets threads and precision of this process and seeds its generators; loads
// the data, draws the model's weights, makes the pieces of a step. \error as of
// Train().
absl::StatusOr<Setup> MakeSetup(const RunSpec& canonical,
                                const RunOptions& options);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_SETUP_H_
