// Python's names in a pickle of tensors.
#ifndef NCLAB_TOOLS_BASE_TENSORS_PICKLE_GLOBALS_H_
#define NCLAB_TOOLS_BASE_TENSORS_PICKLE_GLOBALS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace nclab {

// Safetensors' name of a storage class or dtype of PyTorch, such as
// "torch.FloatStorage" or "torch.float32"; its own without "torch." otherwise.
std::string PickledDtype(absl::string_view name);

// Whether a dense tensor, or a plain value beside it, needs this class or
// function: "collections.OrderedDict", "torch._utils._rebuild_tensor_v2", ...
bool IsTensorGlobal(absl::string_view global);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_PICKLE_GLOBALS_H_
