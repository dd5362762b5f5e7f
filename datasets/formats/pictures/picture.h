// A PNG or JPEG file -> pixels, as Pillow's Image.open(F).convert("RGB") gives
// them: what torchvision's ImageFolder loads.
//
//   PNG   exactly: grey is repeated, palettes are looked up, alpha is dropped,
//         16 bits of a colour are cut to 8; gamma and profiles are not applied
//   JPEG  bit for bit what libjpeg-turbo gives with its defaults: the accurate
//         integer DCT (islow) and smooth ("fancy") upsampling; grey is repeated
// Refused, since Pillow makes something arbitrary of it: grey PNG of 16 bits,
// JPEG of four components (CMYK). Orientation of EXIF is ignored, as there.
#ifndef NCLAB_DATASETS_FORMATS_PICTURES_PICTURE_H_
#define NCLAB_DATASETS_FORMATS_PICTURES_PICTURE_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// More are refused before anything is allocated.
inline constexpr int64_t kMostPixels = int64_t{1} << 26;

struct Picture {
  int64_t height = 0;
  int64_t width = 0;
  std::vector<uint8_t> pixels;  // [height, width, 3], RGB
};

// `bytes` of a PNG or JPEG file, told apart by their beginning.
// \error kInvalidArgument, a reason without the file's name: another format,
// damaged, cut, or larger than kMostPixels.
absl::StatusOr<Picture> DecodePicture(absl::string_view bytes);

// Of one format; see DecodePicture().
absl::StatusOr<Picture> DecodePng(absl::string_view bytes);
absl::StatusOr<Picture> DecodeJpeg(absl::string_view bytes);

// Makes room for a picture. \error kInvalidArgument if it is too large.
absl::Status SetSize(uint64_t height, uint64_t width, Picture& picture);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_PICTURES_PICTURE_H_
