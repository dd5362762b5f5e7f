// Finished runs of other outputs: a run is its spec, whoever asked for it.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_
#define NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_

#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/execution/progress/planned_run.h"

namespace nclab {

// Whether the run in a directory has the spec and the data that are meant.
using IsSameRun =
    std::function<absl::StatusOr<bool>(const std::string& directory)>;

// The directory of a finished run with this name that `same` holds to be the
// same, in an output directory beside `out` (their common parent holds
// nclab-out/fig1, nclab-out/fig3, ...); "" if there is none. \error of `same`.
absl::StatusOr<std::string> FindFinishedRun(const std::string& out,
                                            const std::string& name,
                                            const IsSameRun& same);

// Brings the finished run in `from` to `run.directory`, whole or not at all:
// files are linked where the file system allows it, copied otherwise. Does
// nothing if something is there already. \error kFailedPrecondition if that was
// made from other data.
absl::Status AdoptRun(const std::string& from, const PlannedRun& run);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_OUTPUTS_REUSE_H_
