// The header of NumPy's .npy format, as NumPy's own reader takes it.
//
//   bytes 0..7  93 'NUMPY', major and minor version (1 to 3)
//   u16 or u32  little-endian, the size of the text: u32 from version 2 on
//   text        a Python dictionary: descr, fortran_order, shape
//   the rest    the numbers
// Source: numpy.lib.format.
#ifndef NCLAB_TOOLS_BASE_TENSORS_NPY_HEADER_H_
#define NCLAB_TOOLS_BASE_TENSORS_NPY_HEADER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// The first bytes of a file, enough to know where the numbers begin.
inline constexpr uint64_t kNpyPrefixBytes = 12;

struct NpyPrefix {
  uint64_t header_begin = 0;
  uint64_t data_begin = 0;
};

struct NpyHeader {
  std::string dtype;           // as in safetensors
  bool big_endian = false;     // numbers of more than a byte
  bool fortran_order = false;  // the first index runs fastest
  std::vector<int64_t> shape;
};

// Errors of both are kInvalidArgument, a reason without the file's name;
// kUnimplemented for a type that is none of safetensors' (text, complex).
absl::StatusOr<NpyPrefix> ParseNpyPrefix(absl::string_view bytes);
absl::StatusOr<NpyHeader> ParseNpyHeader(absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TENSORS_NPY_HEADER_H_
