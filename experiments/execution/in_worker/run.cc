#include "experiments/execution/in_worker/run.h"

#include "experiments/records/progress.h"
#include "experiments/records/run_directory.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

int ExitOf(const RunOutcome& outcome) {
  switch (outcome.state) {
    case RunOutcome::State::kDone:
    case RunOutcome::State::kDiverged:
      return kExitOk;
    case RunOutcome::State::kStopped:
      return kExitStopped;
  }
  return kExitFailed;
}

}  // namespace

RunOptions RunOptionsIn(const std::string& directory,
                        const ExecutionOptions& options) {
  RunOptions run;
  run.directory = directory;
  run.data_dir = options.data_dir;
  run.fetch = options.fetch;
  run.device = options.device;
  run.threads = options.threads;
  run.rewrite = options.rewrite;
  if (!options.cuda_graph) run.make_recorder = nullptr;
  run.commit = options.commit;
  run.checkpoint_every = options.checkpoint_every;
  run.stop_requested = StopRequested;
  return run;
}

absl::StatusOr<int> WorkerMain(const std::string& directory,
                               const ExecutionOptions& options, int parent) {
  InstallStopHandlers();
  if (parent > 0) StopWithParent(parent);
  NCLAB_ASSIGN_OR_RETURN(const std::string text,
                         ReadFile(directory + "/spec.json"));
  NCLAB_ASSIGN_OR_RETURN(RunSpec spec, RunSpecFromJson(text));
  NCLAB_ASSIGN_OR_RETURN(static_cast<Measurement&>(spec),
                         RunDirectory(directory).ReadMeasurement(spec));
  RunOptions run = RunOptionsIn(directory, options);
  run.side_by_side = options.jobs;
  run.wait_for_lock = true;
  run.on_progress = [&directory](const Progress& progress) {
    WriteProgressFile(directory, progress);
  };
  NCLAB_ASSIGN_OR_RETURN(const RunOutcome outcome, Train(spec, run));
  return ExitOf(outcome);
}

}  // namespace nclab
