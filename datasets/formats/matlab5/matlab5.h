// MATLAB level 5 files (the MAT-file format, chapter 1, "Level 5 MAT-File
// Format", MathWorks), as far as numeric arrays go.
//
//   file    = 116 bytes text, 8 subsystem offset, u16 0x0100, "IM", elements
//   element = u32 type, u32 n, n bytes; type 14 is an array, type 15 one zlib
//             stream that inflates to an array
//   array   = sub-elements flags, dimensions, name, data; each padded to 8
//
// Values are column-major: the first index runs fastest.
#ifndef NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_H_
#define NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

struct MatlabArray {
  std::string name;
  std::vector<int64_t> dims;
  std::string values;  // one uint8 each, column-major
};

// The arrays called `names`, in that order, from the bytes of the file `path`.
// Other variables are passed over. Values may be stored as any number type, but
// must be whole and from 0 to 255.
// \error kInvalidArgument names path, offset or variable, found and expected:
// another format, version or byte order; an element that is longer than what
// holds it; dimensions that do not fit the data; a damaged zlib stream; complex
// or non-numeric arrays; a variable that is missing or there twice.
absl::StatusOr<std::vector<MatlabArray>> ParseMatlab5(
    const std::string& path, absl::string_view bytes,
    const std::vector<std::string>& names);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_MATLAB5_MATLAB5_H_
