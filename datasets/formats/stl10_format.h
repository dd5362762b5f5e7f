// The binary format of STL-10: planes without header or separator.
//
//   X = per image 96x96 bytes red, green, blue, each plane column by column
//   y = per image one byte, 1..10
#ifndef NCLAB_DATASETS_FORMATS_STL10_FORMAT_H_
#define NCLAB_DATASETS_FORMATS_STL10_FORMAT_H_

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/files/data_files.h"

namespace nclab {

// Samples uint8 [N, 3, 96, 96], labels int64 [N], 0..9.
// \error kInvalidArgument names file, offset, found and expected: images that
// are not a whole number, none, or not as many as labels; a label that is not
// from 1 to 10.
absl::StatusOr<Split> ParseStl10(LoadedFile images, const LoadedFile& labels);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_STL10_FORMAT_H_
