// Check sums, by Mbed TLS.
#ifndef NCLAB_DATASETS_FILES_SUMS_H_
#define NCLAB_DATASETS_FILES_SUMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// Hex sums of `bytes`.
absl::StatusOr<std::string> Sha256(absl::string_view bytes);
absl::StatusOr<std::string> Md5(absl::string_view bytes);

// Hex sum of a file, which may be larger than memory.
// \error kFailedPrecondition if it cannot be read.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FILES_SUMS_H_
