// ParseMatlab5() on any bytes.
#include "datasets/formats/matlab5/matlab5.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto arrays = nclab::ParseMatlab5(
      "file", {reinterpret_cast<const char*>(data), size}, {"X", "y"});
  if (!arrays.ok()) return 0;
  for (const nclab::MatlabArray& array : *arrays) {
    // An empty array may have other dimensions of any size.
    if (array.values.empty()) continue;
    int64_t expected = 1;
    for (const int64_t dim : array.dims) expected *= dim;
    if (static_cast<int64_t>(array.values.size()) != expected) __builtin_trap();
  }
  return 0;
}
