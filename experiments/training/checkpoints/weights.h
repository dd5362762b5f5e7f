// A model's weights in files, under torchvision's names.
#ifndef NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_WEIGHTS_H_
#define NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_WEIGHTS_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "models/model.h"

namespace nclab {

// Parameters and buffers under their own names, in the model's order.
NamedTensors StateOf(const Model& model);

// Copies parameters and buffers out of `path` (safetensors, or what
// TensorArchive reads besides) into `model`, one tensor at a time, after all
// names and shapes were compared with the model. What begins with `kept` keeps
// its value ("": nothing does); tensors of the file that begin with "nclab.",
// of our checkpoints, are passed over. With a `prefix` the file's tensors are
// those whose names begin with it, without it. \error as TensorArchive::Open();
// kFailedPrecondition where a tensor is missing, is none of the model's, or has
// another dtype or shape: names it, found and expected, and the prefix that all
// tensors have in the file.
absl::Status LoadWeights(const std::string& path, Model& model,
                         absl::string_view kept = "",
                         absl::string_view prefix = "");

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_WEIGHTS_H_
