// Where a dataset's official files are, and their bytes.
#ifndef NCLAB_DATASETS_FILES_DATA_FILES_H_
#define NCLAB_DATASETS_FILES_DATA_FILES_H_

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

// Finds and reads all files of `info` from one place, the first of
//   DATA_DIR/<dataset>/, DATA_DIR/, each also with the archive's folder below
//   it, and, where no data_dir is given, the copy pinned by Bazel
// that holds any of them; raw before .gz. They are never mixed between places.
// Where they are nowhere, or not all of them, and `context` allows it, they are
// fetched into the first place.
// \error kNotFound says where was looked, what to put there, and why a fetch
// failed; kInvalidArgument for a damaged .gz, a directory of a file's name, or
// a file that changed meanwhile, or an official file of another registered
// dataset; kCancelled for a fetch that was stopped.
absl::StatusOr<std::vector<LoadedFile>> ReadOfficialFiles(
    const DatasetInfo& info, const DatasetContext& context);

// One file that is nobody's official one; of an ending .gz its decompressed
// bytes. \error kNotFound; kInvalidArgument for a damaged .gz or a file that
// changed meanwhile.
absl::StatusOr<LoadedFile> ReadDataFile(const std::string& path);

// DATA_DIR of `context`, absolute.
std::string DataDirectory(const DatasetContext& context);

// The gunzipped bytes of all members. `limit` bounds the answer's size.
// \error kInvalidArgument names `path`, whether corrupted,
// truncated, with bytes after its end, or larger.
absl::StatusOr<std::string> Gunzip(const std::string& path,
                                   absl::string_view compressed,
                                   size_t limit = size_t{1} << 32);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FILES_DATA_FILES_H_
