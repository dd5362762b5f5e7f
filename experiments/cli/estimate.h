// How long runs will take here.
#ifndef NCLAB_EXPERIMENTS_CLI_ESTIMATE_H_
#define NCLAB_EXPERIMENTS_CLI_ESTIMATE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"

namespace nclab {

// Seconds of all runs together on this machine, from a few measured steps of
// each distinct configuration. Finds out, too, whether each can run.
// \error as MeasureCost(); kCancelled after a signal.
absl::StatusOr<double> EstimateSeconds(const std::vector<RunSpec>& runs,
                                       const ExecutionOptions& execution,
                                       const Slots& slots);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_ESTIMATE_H_
