// Checksums, by Mbed TLS.
#ifndef NCLAB_DATASETS_FILES_CHECKSUMS_H_
#define NCLAB_DATASETS_FILES_CHECKSUMS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// Of `bytes`, in hex.
std::string Sha256(absl::string_view bytes);
std::string Md5(absl::string_view bytes);

// Of a file, which may be larger than memory.
// \error kFailedPrecondition if it cannot be read.
absl::StatusOr<std::string> Sha256OfFile(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_DATASETS_FILES_CHECKSUMS_H_
