// TensorSource::OpenNpy() on any bytes, and reading what it took.
#include "tools/base/tensors/tensor_source.h"
#include "tools/testing/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const nclab::MemoryFile file(data, size);
  const auto source = nclab::TensorSource::OpenNpy(file.path());
  if (!source.ok()) return 0;
  // All of the data is read, so a shape that lies would show.
  if (source->is_integer()) {
    const auto numbers = source->Integers();
    if (numbers.ok() && numbers->size() > size) __builtin_trap();
  } else if (source->row_bytes() > 0) {
    const auto rows = source->Floats(0, source->rows());
    if (!rows.ok() || rows->numel() > static_cast<int64_t>(size)) {
      __builtin_trap();
    }
  }
  return 0;
}
