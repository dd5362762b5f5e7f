// The binary formats of CIFAR-10 and CIFAR-100: records without header or
// separator.
//
//   CIFAR-10    1 byte label 0..9, pixels
//   CIFAR-100   1 byte coarse label 0..19, 1 byte label 0..99, pixels
//   pixels      1024 bytes red, 1024 green, 1024 blue, each plane 32x32,
//               row-major
#ifndef NCLAB_DATASETS_FORMATS_CIFAR_FORMAT_H_
#define NCLAB_DATASETS_FORMATS_CIFAR_FORMAT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "datasets/files/data_files.h"

namespace nclab {

// The records of all files in order: uint8 [N, 3, 32, 32], int64 [N]. Frees
// each file's bytes once they are copied.
// \error kInvalidArgument names file, offset, found and expected: a file that
// is not a whole number of records, or none; a label above 9.
absl::StatusOr<Split> ParseCifar10(std::vector<LoadedFile> files);

// The same of CIFAR-100; `coarse` [100] has the coarse label of each label.
// \error as above, and where a record's coarse label is another.
absl::StatusOr<Split> ParseCifar100(std::vector<LoadedFile> files,
                                    const std::vector<int64_t>& coarse);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_CIFAR_FORMAT_H_
