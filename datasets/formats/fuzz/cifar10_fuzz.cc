// ParseCifar10() and ParseCifar100() on any bytes.
#include "datasets/formats/cifar_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<nclab::Split> split =
      nclab::ParseCifar10({{bytes, {"file", "", false}}});
  if (split.ok() && split->samples.size(0) != split->size()) __builtin_trap();
  const absl::StatusOr<nclab::Split> other =
      nclab::ParseCifar100({{bytes, {"file", "", false}}}, {1, 0, 1});
  if (other.ok() && other->labels.max().item<int64_t>() > 2) __builtin_trap();
  return 0;
}
