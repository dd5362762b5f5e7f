// ParseStl10() on any bytes: the first says how many of the next are labels.
#include <algorithm>

#include "datasets/formats/stl10_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  const size_t labels = std::min<size_t>(data[0], bytes.size());
  const absl::StatusOr<nclab::Split> split =
      nclab::ParseStl10({bytes.substr(labels), {"X", "", false}},
                        {bytes.substr(0, labels), {"y", "", false}});
  if (split.ok() && split->samples.size(0) != split->size()) __builtin_trap();
  return 0;
}
