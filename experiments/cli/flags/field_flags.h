// The fields of a run as flags of train and sweep: one of each field's name,
// from the table, and --set. Linking this defines them.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_FIELD_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_FIELD_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace nclab {

// Key and text of each that was given, as SetField() takes them; those of --set
// last. \error kInvalidArgument.
absl::StatusOr<std::vector<std::pair<std::string, std::string>>>
SettingsFromFlags();

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_FIELD_FLAGS_H_
