// Where a dataset's official files are, and their bytes.
#ifndef NCLAB_DATASETS_DATA_FILES_H_
#define NCLAB_DATASETS_DATA_FILES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "datasets/dataset.h"

namespace nclab {

struct LoadedFile {
  std::string bytes;  // decompressed
  DataFile origin;
};

// Finds and reads all of `files` from one place, the first of
//   DATA_DIR/<dataset>/, DATA_DIR/, the copy pinned by Bazel
// that holds any of them; raw before .gz. They are never mixed between places.
// \error kNotFound says where was looked and what to put there;
// kInvalidArgument for a damaged .gz or a directory of a file's name.
absl::StatusOr<std::vector<LoadedFile>> ReadOfficialFiles(
    absl::string_view dataset, const std::vector<OfficialFile>& files,
    const DatasetContext& context);

// The gunzipped bytes. `limit` bounds the answer's size.
// \error kInvalidArgument names `path`, whether corrupted, truncated or larger.
absl::StatusOr<std::string> Gunzip(const std::string& path,
                                   absl::string_view compressed,
                                   size_t limit = size_t{1} << 32);

// Hex SHA-256 of `bytes`, by the program sha256sum.
absl::StatusOr<std::string> Sha256(absl::string_view bytes);

}  // namespace nclab

#endif  // NCLAB_DATASETS_DATA_FILES_H_
