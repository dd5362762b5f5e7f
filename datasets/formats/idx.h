// The IDX format of MNIST and its kin.
//
//   images: big-endian u32 2051, count, rows, columns; count*rows*columns bytes
//   labels: big-endian u32 2049, count; count bytes
#ifndef NCLAB_DATASETS_FORMATS_IDX_H_
#define NCLAB_DATASETS_FORMATS_IDX_H_

#include <ATen/core/Tensor.h>

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/dataset.h"
#include "datasets/files/data_files.h"

namespace nclab {

// uint8 [N, 1, rows, columns]. `path` is for messages.
// \error kInvalidArgument for a wrong magic number, missing or trailing bytes.
absl::StatusOr<at::Tensor> ParseIdxImages(const std::string& path,
                                          absl::string_view bytes);

// int64 [N]. \error as above, and for a label at or above `classes`.
absl::StatusOr<at::Tensor> ParseIdxLabels(const std::string& path,
                                          absl::string_view bytes,
                                          int64_t classes);

// Of a file of images and one of labels. \error as above, and where their
// counts differ.
absl::StatusOr<Split> ParseIdxSplit(const LoadedFile& images,
                                    const LoadedFile& labels, int64_t classes);

// The dataset of the four files of `info`, in the order train images, train
// labels, test images, test labels; images are 28x28.
// \error as above, and where counts of images and labels differ.
absl::StatusOr<Dataset> LoadIdxDataset(const DatasetInfo& info,
                                       std::vector<std::string> class_names,
                                       const DatasetContext& context);

// The names of those four files, with their checksums.
std::vector<OfficialFile> IdxFiles(absl::string_view train_images_sha256,
                                   absl::string_view train_labels_sha256,
                                   absl::string_view test_images_sha256,
                                   absl::string_view test_labels_sha256);

// Their .gz as they are served, each from every one of `mirrors` (URLs of
// directories).
std::vector<Download> IdxDownloads(const std::vector<int64_t>& bytes,
                                   const std::vector<std::string>& sha256,
                                   const std::vector<std::string>& mirrors);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FORMATS_IDX_H_
