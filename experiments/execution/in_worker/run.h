// One run of a batch, in the process that trains it.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_RUN_H_
#define NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_RUN_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/training/training.h"

namespace nclab {

// What `options` say of every run, for the one in `directory`.
RunOptions RunOptionsIn(const std::string& directory,
                        const ExecutionOptions& options);

// What a worker process does: the run whose spec is in the directory, and what
// measure.json there asks of it. Its exit
// status is the answer; a failure's reason is in FAILED there. It stops when
// process `parent` ends; 0: nobody's.
absl::StatusOr<int> WorkerMain(const std::string& directory,
                               const ExecutionOptions& options, int parent = 0);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_RUN_H_
