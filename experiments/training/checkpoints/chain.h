// Chains: a run that starts from another run's checkpoint, and a run that
// trains only a part of its model.
#ifndef NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHAIN_H_
#define NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHAIN_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/spec/run_spec.h"
#include "models/model.h"

namespace nclab {

// Puts the model in training mode; with spec.train_part head, all but the last
// Linear is frozen and in evaluation mode: a linear probe, whose batch
// normalisation keeps its statistics.
void FreezeParts(Model& model, const RunSpec& spec);

// Copies parameters and buffers of the parent's checkpoint spec.init_step into
// `model`; with init_head new the last Linear stays as it is. The parent's last
// step stands for its end, also where stop_train_loss came earlier. The parent
// lies in `parent_directory`, or beside `directory` if that is empty.
// \error kNotFound if the parent or its checkpoint is not there;
// kFailedPrecondition if it is another run or does not fit: names tensor and
// file.
absl::Status StartFromParent(const RunSpec& spec, const std::string& directory,
                             const std::string& parent_directory, Model& model);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_CHAIN_H_
