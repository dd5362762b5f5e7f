#include "datasets/formats/cifar_format.h"

#include <ATen/ops/empty.h>

#include <cstring>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

constexpr int64_t kPixels = 3 * 32 * 32;

// `coarse` of each label, a byte in front of the label's; empty: none there.
absl::StatusOr<Split> Parse(std::vector<LoadedFile> files, int64_t classes,
                            const std::vector<int64_t>& coarse) {
  const int64_t before = coarse.empty() ? 0 : 1;
  const int64_t record = before + 1 + kPixels;
  int64_t n = 0;
  for (const LoadedFile& file : files) {
    const int64_t size = static_cast<int64_t>(file.bytes.size());
    if (size == 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.origin.path, " holds no samples; expected at least one."));
    }
    if (size % record != 0) {
      return absl::InvalidArgumentError(absl::StrCat(
          file.origin.path, " is truncated or too long: the record at offset ",
          size / record * record, " has ", size % record, " bytes; expected ",
          record, " (", before == 0 ? "a label" : "two labels",
          " and 3x32x32 pixels)."));
    }
    n += size / record;
  }
  Split split;
  split.samples = at::empty({n, 3, 32, 32}, at::TensorOptions(at::kByte));
  split.labels = at::empty({n}, at::TensorOptions(at::kLong));
  uint8_t* pixels = split.samples.mutable_data_ptr<uint8_t>();
  int64_t* label = split.labels.mutable_data_ptr<int64_t>();
  for (LoadedFile& file : files) {
    const std::string bytes = std::move(file.bytes);
    for (int64_t offset = 0; offset < static_cast<int64_t>(bytes.size());
         offset += record) {
      const auto byte = [&](int64_t i) -> int64_t {
        return static_cast<uint8_t>(bytes[static_cast<size_t>(offset + i)]);
      };
      *label = byte(before);
      if (*label >= classes) {
        return absl::InvalidArgumentError(absl::StrCat(
            file.origin.path, " has the label ", *label, " at offset ",
            offset + before, "; expected 0 to ", classes - 1, "."));
      }
      if (before != 0 && byte(0) != coarse[static_cast<size_t>(*label)]) {
        return absl::InvalidArgumentError(
            absl::StrCat(file.origin.path, " has the coarse label ", byte(0),
                         " at offset ", offset, "; that of label ", *label,
                         " is ", coarse[static_cast<size_t>(*label)], "."));
      }
      ++label;
      std::memcpy(pixels, bytes.data() + offset + before + 1, kPixels);
      pixels += kPixels;
    }
  }
  return split;
}

}  // namespace

absl::StatusOr<Split> ParseCifar10(std::vector<LoadedFile> files) {
  return Parse(std::move(files), 10, {});
}

absl::StatusOr<Split> ParseCifar100(std::vector<LoadedFile> files,
                                    const std::vector<int64_t>& coarse) {
  return Parse(std::move(files), static_cast<int64_t>(coarse.size()), coarse);
}

}  // namespace nclab
