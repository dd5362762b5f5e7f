// TensorsOfPickle() on any bytes.
#include "tools/base/tensors/pickle/pickle.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const absl::string_view bytes(reinterpret_cast<const char*>(data), size);
  const auto tensors = nclab::TensorsOfPickle(bytes);
  if (!tensors.ok()) return 0;
  for (const nclab::PickledTensor& tensor : *tensors) {
    if (tensor.shape.size() != tensor.strides.size() || tensor.offset < 0) {
      __builtin_trap();
    }
  }
  return 0;
}
