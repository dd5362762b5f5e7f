#include "datasets/formats/pictures/picture.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace nclab {

absl::Status SetSize(uint64_t height, uint64_t width, Picture& picture) {
  const uint64_t most = static_cast<uint64_t>(kMostPixels);
  if (height == 0 || width == 0 || height > most / width) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is of ", height, "x", width,
                     " pixels; expected at least one and at most ", most));
  }
  picture.height = static_cast<int64_t>(height);
  picture.width = static_cast<int64_t>(width);
  picture.pixels.resize(height * width * 3);
  return absl::OkStatus();
}

absl::StatusOr<Picture> DecodePicture(absl::string_view bytes) {
  if (absl::StartsWith(bytes, "\x89PNG\r\n\x1a\n")) return DecodePng(bytes);
  if (absl::StartsWith(bytes, "\xff\xd8\xff")) return DecodeJpeg(bytes);
  return absl::InvalidArgumentError(
      "it begins neither as a PNG nor as a JPEG file");
}

}  // namespace nclab
