// Gunzip() on any bytes, to at most 1 MB.
#include "datasets/files/data_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  constexpr size_t kLimit = 1 << 20;
  const absl::StatusOr<std::string> bytes = nclab::Gunzip(
      "file", {reinterpret_cast<const char*>(data), size}, kLimit);
  if (bytes.ok() && bytes->size() > kLimit) __builtin_trap();
  return 0;
}
