#include "datasets/formats/stl10_format.h"

#include <ATen/ops/empty.h>

#include <utility>

#include "absl/strings/str_cat.h"
#include "datasets/formats/planes.h"

namespace nclab {
namespace {

constexpr int64_t kSide = 96;
constexpr int64_t kImage = 3 * kSide * kSide;

}  // namespace

absl::StatusOr<Split> ParseStl10(LoadedFile images, const LoadedFile& labels) {
  const int64_t size = static_cast<int64_t>(images.bytes.size());
  if (size == 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        images.origin.path, " holds no samples; expected at least one."));
  }
  if (size % kImage != 0) {
    return absl::InvalidArgumentError(absl::StrCat(
        images.origin.path, " is truncated or too long: the image at offset ",
        size / kImage * kImage, " has ", size % kImage, " bytes; expected ",
        kImage, " (3x96x96 pixels)."));
  }
  const int64_t n = size / kImage;
  if (static_cast<int64_t>(labels.bytes.size()) != n) {
    return absl::InvalidArgumentError(absl::StrCat(
        images.origin.path, " holds ", n, " images, but ", labels.origin.path,
        " holds ", labels.bytes.size(), " labels; expected as many."));
  }
  Split split;
  split.labels = at::empty({n}, at::TensorOptions(at::kLong));
  int64_t* out = split.labels.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < n; ++i) {
    const int64_t label = static_cast<uint8_t>(labels.bytes[i]);
    if (label < 1 || label > 10) {
      return absl::InvalidArgumentError(
          absl::StrCat(labels.origin.path, " has the label ", label,
                       " at offset ", i, "; expected 1 to 10."));
    }
    out[i] = label - 1;
  }
  split.samples = ImagesFromColumns(std::move(images.bytes), n, kSide);
  return split;
}

}  // namespace nclab
