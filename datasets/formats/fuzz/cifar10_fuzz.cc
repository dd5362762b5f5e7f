// ParseCifar10() on any bytes.
#include "datasets/formats/cifar10_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<nclab::Split> split =
      nclab::ParseCifar10({{bytes, {"file", "", false}}});
  if (split.ok() && split->samples.size(0) != split->size()) __builtin_trap();
  return 0;
}
