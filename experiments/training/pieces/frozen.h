// What stays as it is while the last Linear alone is trained, computed once.
#ifndef NCLAB_EXPERIMENTS_TRAINING_PIECES_FROZEN_H_
#define NCLAB_EXPERIMENTS_TRAINING_PIECES_FROZEN_H_

#include <ATen/core/Tensor.h>

#include <cstdint>
#include <functional>
#include <optional>

#include "experiments/recipes/batches.h"
#include "models/model.h"

namespace nclab {

struct Frozen {
  DeviceSplit split;  // features [N, D] in place of samples
  // The last Linear: features [B, D] -> logits [B, K].
  std::function<at::Tensor(const at::Tensor&)> head;
};

// The features of `split`, `batch` of which are a batch in training too, so
// that kernels round alike. Nothing where the features would not fit beside
// the samples (kKeptFeatures), or where the model makes more of its last
// Linear's output. `model` is in evaluation mode; under autocast, if any.
std::optional<Frozen> Freeze(Model& model, const DeviceSplit& split,
                             int64_t batch);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_PIECES_FROZEN_H_
