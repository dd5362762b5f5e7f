// ParseSvhn() on any bytes.
#include "datasets/formats/svhn_format.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<nclab::Split> split =
      nclab::ParseSvhn({bytes, {"file", "", false}});
  if (!split.ok()) return 0;
  if (split->samples.size(0) != split->size()) __builtin_trap();
  if (split->labels.max().item<int64_t>() > 9) __builtin_trap();
  return 0;
}
