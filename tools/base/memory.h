// Sizes that people choose, against the memory of this machine.
#ifndef NCLAB_TOOLS_BASE_MEMORY_H_
#define NCLAB_TOOLS_BASE_MEMORY_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nclab {

// Call it before sizes are multiplied as integers: where `bytes`, computed as
// double, pass, the product is far from overflowing.
// \error kInvalidArgument "WHAT takes N; this machine has M. ..." if `bytes`
// are more than the machine's memory.
absl::Status CheckMemory(absl::string_view what, double bytes);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_MEMORY_H_
