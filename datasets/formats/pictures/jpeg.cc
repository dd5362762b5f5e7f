// JPEG by libjpeg-turbo, with its defaults.
// jpeglib.h needs what is above it, jerror.h needs jpeglib.h.
// clang-format off
#include <cstddef>
#include <cstdio>
#include <jpeglib.h>
#include <jerror.h>
// clang-format on

#include <csetjmp>

#include "absl/strings/str_cat.h"
#include "datasets/formats/pictures/picture.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// libjpeg's callbacks leave by longjmp(), over frames that own nothing.
struct Errors {
  jpeg_error_mgr manager;  // first: libjpeg knows this pointer only
  std::jmp_buf jump;
  char message[JMSG_LENGTH_MAX] = "";
};

[[noreturn]] void Fail(j_common_ptr jpeg) {
  Errors& errors = *reinterpret_cast<Errors*>(jpeg->err);
  jpeg->err->format_message(jpeg, errors.message);
  std::longjmp(errors.jump, 1);
}

// Warnings of what is missing end it: libjpeg would make up the rest.
void Warn(j_common_ptr jpeg, int level) {
  if (level >= 0) return;
  const int code = jpeg->err->msg_code;
  if (code == JWRN_JPEG_EOF || code == JWRN_HIT_MARKER ||
      code == JWRN_HUFF_BAD_CODE || code == JWRN_ARITH_BAD_CODE) {
    Fail(jpeg);
  }
}

void Ignore(j_common_ptr) {}

// The two steps that may fail. False: see the message.
bool ReadHeader(jpeg_decompress_struct& jpeg, Errors& errors,
                absl::string_view bytes) {
  if (setjmp(errors.jump) != 0) return false;
  jpeg_create_decompress(&jpeg);
  jpeg_mem_src(&jpeg, reinterpret_cast<const unsigned char*>(bytes.data()),
               bytes.size());
  jpeg_read_header(&jpeg, TRUE);
  return true;
}

bool ReadPixels(jpeg_decompress_struct& jpeg, Errors& errors, uint8_t* pixels,
                size_t row_bytes) {
  if (setjmp(errors.jump) != 0) return false;
  jpeg.out_color_space = JCS_RGB;
  jpeg_start_decompress(&jpeg);
  while (jpeg.output_scanline < jpeg.output_height) {
    JSAMPROW row = pixels + jpeg.output_scanline * row_bytes;
    jpeg_read_scanlines(&jpeg, &row, 1);
  }
  jpeg_finish_decompress(&jpeg);
  return true;
}

absl::Status Decode(absl::string_view bytes, jpeg_decompress_struct& jpeg,
                    Errors& errors, Picture& picture) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("it is a damaged JPEG file: ", errors.message));
  };
  if (!ReadHeader(jpeg, errors, bytes)) return wrong();
  if (jpeg.num_components != 1 && jpeg.num_components != 3) {
    return absl::InvalidArgumentError(
        absl::StrCat("it is a JPEG file of ", jpeg.num_components,
                     " components; expected grey (1) or colour (3)"));
  }
  NCLAB_RETURN_IF_ERROR(SetSize(jpeg.image_height, jpeg.image_width, picture));
  return ReadPixels(jpeg, errors, picture.pixels.data(),
                    static_cast<size_t>(picture.width) * 3)
             ? absl::OkStatus()
             : wrong();
}

}  // namespace

absl::StatusOr<Picture> DecodeJpeg(absl::string_view bytes) {
  jpeg_decompress_struct jpeg = {};
  Errors errors;
  jpeg.err = jpeg_std_error(&errors.manager);
  errors.manager.error_exit = Fail;
  errors.manager.emit_message = Warn;
  errors.manager.output_message = Ignore;
  Picture picture;
  const absl::Status status = Decode(bytes, jpeg, errors, picture);
  jpeg_destroy_decompress(&jpeg);
  if (!status.ok()) return status;
  return picture;
}

}  // namespace nclab
