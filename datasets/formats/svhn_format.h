// The contents of one SVHN file ("format 2", cropped digits).
#ifndef NCLAB_DATASETS_FORMATS_SVHN_FORMAT_H_
#define NCLAB_DATASETS_FORMATS_SVHN_FORMAT_H_

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/files/data_files.h"

namespace nclab {

// Samples uint8 [N, 3, 32, 32], labels int64 [N], 0..9 (stored as 1..10, where
// 10 means 0). Frees the file's bytes once they are read.
// \error kInvalidArgument as ParseMatlab5(), and where X is not 32x32x3xN, y is
// not Nx1, N is 0, or a label is not from 1 to 10.
absl::StatusOr<Split> ParseSvhn(LoadedFile file);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_SVHN_FORMAT_H_
