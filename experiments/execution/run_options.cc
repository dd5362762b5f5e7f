#include "experiments/execution/run_options.h"

#include "tools/base/process/signals.h"

namespace nclab {

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

}  // namespace nclab
