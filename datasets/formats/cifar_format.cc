#include "datasets/formats/cifar10_format.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

constexpr int64_t kPixels = 3 * 32 * 32;
constexpr int64_t kRecord = 1 + kPixels;
constexpr int kClasses = 10;

}  // namespace

absl::StatusOr<Split> ParseCifar10(std::vector<LoadedFile> files) {
  int64_t n = 0;
  for (const LoadedFile& file : files) {
    const int64_t size = static_cast<int64_t>(file.bytes.size());
    if (size == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.origin.path, " holds no samples; expected at least one."));
    }
    if (size % kRecord != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.origin.path, " is truncated or too long: the record at offset ",
          size / kRecord * kRecord, " has ", size % kRecord,
          " bytes; expected ", kRecord, " (a label and 3x32x32 pixels)."));
    }
    n += size / kRecord;
  }
  Split split;
  split.samples = at::empty({n, 3, 32, 32}, at::TensorOptions(at::kByte));
  split.labels = at::empty({n}, at::TensorOptions(at::kLong));
  uint8_t* pixels = split.samples.mutable_data_ptr<uint8_t>();
  int64_t* label = split.labels.mutable_data_ptr<int64_t>();
  for (LoadedFile& file : files) {
    const std::string bytes = std::move(file.bytes);
    for (size_t offset = 0; offset < bytes.size(); offset += kRecord) {
      *label = static_cast<uint8_t>(bytes[offset]);
      if (*label >= kClasses) {
        return absl::InvalidArgumentError(absl::StrCat(
            file.origin.path, " has the label ", *label, " at offset ", offset,
            "; expected 0 to ", kClasses - 1, "."));
      }
      ++label;
      std::memcpy(pixels, bytes.data() + offset + 1, kPixels);
      pixels += kPixels;
    }
  }
  return split;
}

}  // namespace nclab
