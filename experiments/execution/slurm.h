// Many runs as Slurm job arrays: a task per run, the same worker in the same
// directory.
//
// OUT/slurm/ holds, for each array N submitted, array-N.sh (what a task does),
// array-N.txt (the run directories, by task) and array-N.job (its id); and
// JOB_TASK.log, what tasks said. By these a later call of the command finds its
// jobs again.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_SLURM_H_
#define NCLAB_EXPERIMENTS_EXECUTION_SLURM_H_

#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/progress/planned_run.h"

namespace nclab {

// As ExecuteRuns(). Submits what is neither done nor in the queue already: one
// array for the runs that start from new weights, one after it for their
// children, and so on. Then polls squeue until all have ended. An array that is
// larger than the cluster takes is split; the parts run one after the other if
// there is a throttle (options.jobs). Where the cluster takes no more jobs, the
// rest is submitted as others end.
//
// A task whose time is nearly up saves and requeues itself; one that Slurm
// preempts goes on from its last checkpoint. A stop by signal only ends the
// watching: the jobs go on, and the same command collects them.
// \error kNotFound if Slurm's commands are not installed; kInvalidArgument if
// sbatch refuses, with its words.
absl::StatusOr<ExecutionResult> ExecuteOnSlurm(
    const std::vector<PlannedRun>& runs, const ExecutionOptions& options);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_SLURM_H_
