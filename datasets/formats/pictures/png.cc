// PNG by libpng.
#include <png.h>

#include <csetjmp>
#include <cstdio>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "datasets/formats/pictures/picture.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// What libpng's callbacks see; they leave by longjmp(), over frames that own
// nothing.
struct Source {
  absl::string_view rest;
  char message[128] = "";
};

void Read(png_structp png, png_bytep out, size_t size) {
  Source& source = *static_cast<Source*>(png_get_io_ptr(png));
  if (size > source.rest.size()) png_error(png, "it ends early");
  std::memcpy(out, source.rest.data(), size);
  source.rest.remove_prefix(size);
}

[[noreturn]] void Fail(png_structp png, png_const_charp message) {
  Source& source = *static_cast<Source*>(png_get_error_ptr(png));
  std::snprintf(source.message, sizeof(source.message), "%s", message);
  png_longjmp(png, 1);
}

void Ignore(png_structp, png_const_charp) {}

// The two steps that may fail. False: see the source's message.
bool ReadHeader(png_structp png, png_infop info) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_read_info(png, info);
  return true;
}

bool ReadPixels(png_structp png, png_infop info, png_bytepp rows,
                size_t row_bytes) {
  if (setjmp(png_jmpbuf(png)) != 0) return false;
  png_set_expand(png);  // palettes, and grey of less than 8 bits
  png_set_strip_16(png);
  png_set_strip_alpha(png);
  png_set_gray_to_rgb(png);
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  if (png_get_rowbytes(png, info) != row_bytes) {
    png_error(png, "its rows have another length");
  }
  png_read_image(png, rows);
  png_read_end(png, nullptr);
  return true;
}

absl::Status Wrong(const Source& source) {
  return absl::InvalidArgumentError(
      absl::StrCat("it is a damaged PNG file: ", source.message));
}

absl::Status Decode(png_structp png, png_infop info, const Source& source,
                    Picture& picture) {
  if (!ReadHeader(png, info)) return Wrong(source);
  if (png_get_bit_depth(png, info) == 16 &&
      (png_get_color_type(png, info) & PNG_COLOR_MASK_COLOR) == 0) {
    return absl::InvalidArgumentError(
        "it is a grey PNG file of 16 bits a pixel; make it one of 8 bits");
  }
  NCLAB_RETURN_IF_ERROR(SetSize(png_get_image_height(png, info),
                                png_get_image_width(png, info), picture));
  const size_t row_bytes = static_cast<size_t>(picture.width) * 3;
  std::vector<png_bytep> rows;
  for (int64_t y = 0; y < picture.height; ++y) {
    rows.push_back(picture.pixels.data() + static_cast<size_t>(y) * row_bytes);
  }
  return ReadPixels(png, info, rows.data(), row_bytes) ? absl::OkStatus()
                                                       : Wrong(source);
}

}  // namespace

absl::StatusOr<Picture> DecodePng(absl::string_view bytes) {
  Source source = {bytes};
  png_structp png =
      png_create_read_struct(PNG_LIBPNG_VER_STRING, &source, Fail, Ignore);
  png_infop info = png == nullptr ? nullptr : png_create_info_struct(png);
  if (info == nullptr) {
    png_destroy_read_struct(&png, nullptr, nullptr);
    return absl::ResourceExhaustedError("libpng did not start");
  }
  png_set_read_fn(png, &source, Read);
  Picture picture;
  const absl::Status status = Decode(png, info, source, picture);
  png_destroy_read_struct(&png, &info, nullptr);
  if (!status.ok()) return status;
  return picture;
}

}  // namespace nclab
