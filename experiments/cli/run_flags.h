// The flags that every program that runs something shares.
#ifndef NCLAB_EXPERIMENTS_CLI_RUN_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_RUN_FLAGS_H_

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"

namespace nclab {

// From --device, --data_dir, --fetch, --jobs, --threads,
// --checkpoint_every and the commit
// of the source tree. \error kInvalidArgument names the flag.
absl::StatusOr<ExecutionOptions> ExecutionOptionsFromFlags();

// True if this process was started as a worker; run WorkerFromFlags() then.
bool IsWorker();
absl::StatusOr<int> WorkerFromFlags();

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_RUN_FLAGS_H_
