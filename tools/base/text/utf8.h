// Whether bytes are text.
#ifndef NCLAB_TOOLS_BASE_TEXT_UTF8_H_
#define NCLAB_TOOLS_BASE_TEXT_UTF8_H_

#include <cstddef>

#include "absl/strings/string_view.h"

namespace nclab {

// Bytes of the UTF-8 character at the front of `text`; 0 if there is none.
// `text` is not empty.
size_t Utf8CharacterSize(absl::string_view text);

bool IsUtf8(absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_UTF8_H_
