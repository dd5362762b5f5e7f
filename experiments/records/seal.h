// What the files of a run carry so that damage is noticed: the number of their
// format and a checksum.
#ifndef NCLAB_EXPERIMENTS_RECORDS_SEAL_H_
#define NCLAB_EXPERIMENTS_RECORDS_SEAL_H_

#include <map>
#include <string>

#include "absl/status/status.h"

namespace nclab {

using Metadata = std::map<std::string, std::string>;

// `metadata` with the two keys that make WriteSafetensors() seal the file.
Metadata Sealed(Metadata metadata);

// \error kNotFound if there is no file; kDataLoss if it is damaged;
// kFailedPrecondition if another version of this program wrote it. Files of
// versions that did not seal yet are taken as they are.
absl::Status CheckSeal(const std::string& path);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_SEAL_H_
