// ParseIdxImages() and ParseIdxLabels() on any bytes.
#include "datasets/formats/idx.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto images = nclab::ParseIdxImages("file", bytes);
  if (images.ok() &&
      images->numel() + 16 != static_cast<int64_t>(bytes.size())) {
    __builtin_trap();
  }
  const auto labels = nclab::ParseIdxLabels("file", bytes, 10);
  if (labels.ok() && labels->max().item<int64_t>() > 9) __builtin_trap();
  return 0;
}
