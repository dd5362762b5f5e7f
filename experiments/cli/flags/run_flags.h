// The flags that every program that runs something shares.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_RUN_FLAGS_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_RUN_FLAGS_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/execution/execution.h"

namespace nclab {

// From --device, --data_dir, --fetch, --jobs, --threads, --rewrite,
// --cuda_graph, --checkpoint_every and the commit of the source tree. \error
// kInvalidArgument names the flag.
absl::StatusOr<ExecutionOptions> ExecutionOptionsFromFlags();

// From now on signals stop this process with everything saved, as does
// --time_limit; `grace` as InstallStopHandlers(). \error kInvalidArgument.
absl::Status BeStoppable(absl::Duration grace = absl::Seconds(8));

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_RUN_FLAGS_H_
