// TensorArchive::Open() on any bytes (.npz, torch.save(), safetensors), and
// reading what it took.
#include "tools/base/tensors/tensor_archive.h"
#include "tools/testing/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const nclab::MemoryFile file(data, size);
  const auto archive = nclab::TensorArchive::Open(file.path());
  if (!archive.ok()) return 0;
  for (const auto& [name, source] : archive->tensors()) {
    // Repeated numbers (stride 0) are more than the file has.
    if (source.row_bytes() * source.rows() > (1 << 24)) continue;
    const auto all = source.All();
    if (all.ok() && all->dim() != static_cast<int64_t>(source.shape().size())) {
      __builtin_trap();
    }
  }
  return 0;
}
