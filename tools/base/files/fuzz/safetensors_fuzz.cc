// SafetensorsReader on any bytes, and reading every tensor that it took.
#include <string>

#include "tools/base/files/safetensors.h"
#include "tools/testing/memory_file.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const nclab::MemoryFile file(data, size);
  const auto reader = nclab::SafetensorsReader::Open(file.path());
  if (!reader.ok()) return 0;
  uint64_t total = 0;
  for (const nclab::SafetensorsEntry& entry : reader->entries()) {
    const uint64_t bytes = entry.end - entry.begin;
    total += bytes;
    const int64_t needed =
        entry.numel() * nclab::SafetensorsDtypeSize(entry.dtype);
    if (bytes > size || static_cast<uint64_t>(needed) != bytes ||
        reader->Find(entry.name) == nullptr) {
      __builtin_trap();
    }
    std::string values(bytes, '\0');
    if (!reader->Read(entry, 0, bytes, values.data()).ok()) __builtin_trap();
    if (reader->Read(entry, 1, bytes, values.data()).ok() && bytes > 0) {
      __builtin_trap();
    }
  }
  if (total > size) __builtin_trap();
  return 0;
}
