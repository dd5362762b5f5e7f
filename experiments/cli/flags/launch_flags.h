// The flags of programs that run many runs: where they go.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_LAUNCH_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_LAUNCH_FLAGS_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/questions.h"

namespace nclab {

// ExecutionOptionsFromFlags(), and the program of the workers.
// \error kInternal if it is not among this program's files.
absl::StatusOr<ExecutionOptions> BatchOptionsFromFlags();

// Adds --launcher and --slurm_args to `options`; `name` is the batch's, `out`
// its output directory. \error kInvalidArgument names the flag.
absl::Status AddLauncher(const std::string& name, const std::string& out,
                         Questions& questions, ExecutionOptions& options);

// The preset that --preset=auto is: paper on CUDA, small on the CPU.
// \error kInvalidArgument if --launcher=slurm leaves that open; of `device`.
absl::StatusOr<std::string> AutoPreset(const std::string& device,
                                       Questions& questions);

// ", 2 side by side with 1 threads each: about 3 min"; where `seconds` are not
// known, for Slurm, ", as tasks of Slurm, 2 at a time".
std::string DescribeSlots(const Slots& slots, std::optional<double> seconds);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_LAUNCH_FLAGS_H_
