// A worker process, seen from outside: one run, started by ExecuteRuns() or by
// a Slurm task.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_WORKER_H_
#define NCLAB_EXPERIMENTS_EXECUTION_WORKER_H_

#include <sys/types.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/progress/planned_run.h"

namespace nclab {

// The command line of a worker, without --worker=DIR.
std::vector<std::string> WorkerCommand(const ExecutionOptions& options,
                                       const Slots& slots);

struct WorkerProcess {
  pid_t pid = 0;
  int errors = -1;  // what it writes to standard output and error, in memory
};

// Starts a worker for `run`, in a process group of its own. It stops when this
// process ends. \error kInternal if none can be started.
absl::StatusOr<WorkerProcess> StartWorker(const PlannedRun& run,
                                          const ExecutionOptions& options,
                                          const Slots& slots);

// What it has written; closes `worker.errors`.
std::string TakeWords(const WorkerProcess& worker);

// After a worker of `run` ended with `status` of waitpid(): moves its `words`
// to stderr.txt of the run, and answers why it failed: what FAILED says, else
// what can be told, which is written there.
std::string ReasonOfEnd(const PlannedRun& run, const std::string& words,
                        int status);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_WORKER_H_
