// Many runs: one worker process each, side by side on this machine or as tasks
// of a Slurm cluster.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_EXECUTION_H_
#define NCLAB_EXPERIMENTS_EXECUTION_EXECUTION_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/execution/progress/planned_run.h"

namespace nclab {

struct ExecutionOptions {
  std::string worker;    // the program of the workers; "": this one
  std::string data_dir;  // absolute, or ""
  bool fetch = false;    // missing official files may be downloaded
  std::string device = "auto";
  int gpus = 0;  // that the runs here share out, one each; 0: none, or one
  std::string commit;
  absl::Duration checkpoint_every = absl::Minutes(2);
  int jobs = 0;         // worker processes at a time; 0: as ChooseSlots() says
  int threads = 0;      // of each; 0: likewise
  bool rewrite = true;  // exact rewrites where they apply
  bool cuda_graph = true;  // the step is recorded where the device can

  bool slurm = false;  // tasks of job arrays instead of processes here
  std::vector<std::string> slurm_args;  // more arguments of sbatch
  std::string name;                     // of the batch: what squeue shows
  // Where scripts, lists and logs of the arrays lie: OUT/slurm.
  std::string slurm_directory;
  // Jobs that are held, with nothing else to wait for, are left after this.
  absl::Duration slurm_patience = absl::Seconds(20);
};

// How many runs side by side, and threads for each: with more runs than one,
// a thread each is faster than all threads for one after the other
// (docs/benchmarks.md). For Slurm: tasks at a time, 0 for as many as it likes.
struct Slots {
  int jobs;
  int threads;
};
Slots ChooseSlots(const ExecutionOptions& options, size_t runs, int cores);

struct ExecutionResult {
  int done = 0;                       // finished now or before, also those that
  int diverged = 0;                   // diverged, or start from one that did
  std::vector<std::string> failures;  // "<run>: reason", in plan order
  bool stopped = false;               // by a signal, everything saved
  std::string advice;                 // of stopped: what to do now
};

// Runs what is not done yet; finished runs are not repeated, but asked for what
// they have not been asked for before; started ones are
// resumed. A run that fails does not hold up the others. A run with init_from
// starts after its parent is done; if that fails, it is FAILED for this reason,
// and if that diverges, it counts as diverged, too.
// A parent that is not among `runs` must lie beside the child already. A run
// that another process works on is waited for.
// \error only where no worker can be started at all.
absl::StatusOr<ExecutionResult> ExecuteRuns(const std::vector<PlannedRun>& runs,
                                            const ExecutionOptions& options);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_EXECUTION_H_
