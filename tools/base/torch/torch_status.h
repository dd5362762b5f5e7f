// The one seam between LibTorch, which throws, and nclab, which answers.
#ifndef NCLAB_TOOLS_BASE_TORCH_TORCH_STATUS_H_
#define NCLAB_TOOLS_BASE_TORCH_TORCH_STATUS_H_

#include <functional>

#include "absl/status/status.h"

namespace nclab {

// Runs `body`; an exception of LibTorch or of the standard library becomes
// kInternal with the first line of its message (kResourceExhausted if memory
// ran out). A status that `body` returns passes unchanged.
absl::Status CatchTorch(const std::function<absl::Status()>& body);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TORCH_TORCH_STATUS_H_
