// Tensors that go by a name.
#ifndef NCLAB_MODELS_NAMED_TENSORS_H_
#define NCLAB_MODELS_NAMED_TENSORS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <utility>
#include <vector>

namespace nclab {

// Parameters or buffers under their own names.
using NamedTensors = std::vector<std::pair<std::string, at::Tensor>>;

}  // namespace nclab

#endif  // NCLAB_MODELS_NAMED_TENSORS_H_
