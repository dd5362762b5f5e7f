// The output directory of a figure or a sweep: whose it is, what repeats it.
#ifndef NCLAB_EXPERIMENTS_CLI_OUTPUT_H_
#define NCLAB_EXPERIMENTS_CLI_OUTPUT_H_

#include <string>

#include "absl/status/status.h"

namespace nclab {

// `out` is empty, absent, or an output of experiment `name`.
// \error kInvalidArgument, kFailedPrecondition if it is anything else.
absl::Status CheckOutput(const std::string& out, const std::string& name);

// The command that repeats this one, as bash reads it, without --fresh;
// `target` is Bazel's name of the program.
std::string CommandLine(const std::string& target, int argc, char** argv);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_OUTPUT_H_
