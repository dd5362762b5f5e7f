#include "experiments/records/seal.h"

#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr char kFormatKey[] = "nclab.format";
constexpr char kFormat[] = "1";

}  // namespace

Metadata Sealed(Metadata metadata) {
  metadata[kFormatKey] = kFormat;
  metadata[kChecksumKey] = "";
  return metadata;
}

absl::Status CheckSeal(const std::string& path) {
  const absl::StatusOr<SafetensorsReader> file = SafetensorsReader::Open(path);
  if (absl::IsInvalidArgument(file.status())) {
    return absl::DataLossError(file.status().message());
  }
  NCLAB_RETURN_IF_ERROR(file.status());
  // Both keys are missing before sealing; damage takes one of them at most.
  const Metadata& metadata = file->metadata();
  const auto format = metadata.find(kFormatKey);
  if (format == metadata.end() && metadata.count(kChecksumKey) == 0) {
    return absl::OkStatus();
  }
  NCLAB_RETURN_IF_ERROR(file->VerifyChecksum());
  if (format != metadata.end() && format->second == kFormat) {
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      path, " was written by another version of nclab (format ",
      format == metadata.end() ? "none" : format->second, ", this one has ",
      kFormat, "). Use that version, or start anew in another directory."));
}

}  // namespace nclab
