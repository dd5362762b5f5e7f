// Finished runs of other outputs: a run is its spec, whoever asked for it.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_
#define NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/execution/execution.h"
#include "experiments/training/data_check.h"

namespace nclab {

// The directory of a finished run with the same spec and data in an output
// directory beside `out` (their common parent holds nclab-out/fig1,
// nclab-out/fig3, ...);
// "" if there is none.
std::string FindFinishedRun(const std::string& out, const RunSpec& spec,
                            DataAtHand& data);

// Brings the finished run in `from` to `run.directory`, whole or not at all:
// files are linked where the file system allows it, copied otherwise. Does
// nothing if something is there already. \error kFailedPrecondition if that was
// made from other data.
absl::Status AdoptRun(const std::string& from, const PlannedRun& run);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_
