// What a run trains on and with, made from its spec.
#ifndef NCLAB_EXPERIMENTS_TRAINING_SETUP_H_
#define NCLAB_EXPERIMENTS_TRAINING_SETUP_H_

#include <ATen/core/Tensor.h>

#include <memory>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/recipes/rewriting.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/chain.h"
#include "experiments/training/evaluation/evaluation.h"
#include "experiments/training/training.h"
#include "models/model.h"

namespace nclab {

// The data of a run, or of several, on their device.
struct RunData {
  at::Device device = at::kCPU;
  Dataset dataset;  // without its samples, once they are on the device
  DeviceSplit train, test;
  ModelInput input;  // what a model is told of them
};

// Sets threads and precision of this process. \error as of Train().
absl::StatusOr<RunData> LoadRunData(const RunSpec& spec,
                                    const RunOptions& options);

// Everything a run needs that is not state.
struct Setup {
  RunData data;
  std::shared_ptr<Model> model;
  Rewriting rewriting;
  bool channels_last = false;  // weights of convolutions
  NamedTensors trained;        // what SGD changes, under the parameters' names
  EvaluationPlan evaluation;
};

// The model on the device, with new weights. Seeds the generators of this
// process. \error as of Train().
absl::StatusOr<Setup> Prepare(const RunSpec& spec, RunData data);

// Once the model's weights are in place.
void Rewrite(const RunSpec& spec, const RunOptions& options, Setup& setup);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_SETUP_H_
