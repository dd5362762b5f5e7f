// The flags that name the fields of a run's spec, for train and sweep.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_SPEC_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_SPEC_FLAGS_H_

#include <string>
#include <utility>
#include <vector>

namespace nclab {

// Key and text of each that was given, as SetField() takes them.
std::vector<std::pair<std::string, std::string>> SpecFieldsFromFlags();

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_SPEC_FLAGS_H_
