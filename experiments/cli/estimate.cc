#include "experiments/cli/estimate.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "experiments/training/training.h"
#include "tools/base/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<double> EstimateSeconds(const std::vector<RunSpec>& runs,
                                       const ExecutionOptions& execution,
                                       const Slots& slots) {
  double seconds = 0;
  std::map<std::string, RunCost> measured;
  for (const RunSpec& spec : runs) {
    const std::string key =
        absl::StrCat(spec.dataset, spec.model, spec.batch_size, spec.precision);
    if (StopRequested()) {
      return absl::CancelledError("stopped before anything was run");
    }
    if (measured.count(key) == 0) {
      RunOptions options;
      options.data_dir = execution.data_dir;
      options.fetch = execution.fetch;
      options.device = execution.device;
      options.threads = slots.threads;
      NCLAB_ASSIGN_OR_RETURN(measured[key], MeasureCost(spec, options));
    }
    const RunCost& cost = measured[key];
    seconds +=
        cost.step * static_cast<double>(spec.steps) +
        cost.evaluation * static_cast<double>(EvaluationSteps(spec).size());
  }
  return seconds / slots.jobs;
}

}  // namespace nclab
