// DecodePng() on any bytes.
#include "datasets/formats/pictures/picture.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto picture = nclab::DecodePng(bytes);
  if (picture.ok() && static_cast<int64_t>(picture->pixels.size()) !=
                          3 * picture->height * picture->width) {
    __builtin_trap();
  }
  return 0;
}
