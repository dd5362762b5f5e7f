#include "experiments/cli/flags/estimate.h"

#include <set>

#include "experiments/spec/fields.h"
#include "tools/base/process/signals.h"
#include "tools/base/registry/choice_name.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::StatusOr<Estimate> EstimateRuns(const std::vector<RunSpec>& runs,
                                      Questions& questions, bool fetch,
                                      const Slots& slots,
                                      bool in_spite_of_missing) {
  std::vector<const RunSpec*> order;  // one of each dataset, then the others
  std::vector<const RunSpec*> others;
  std::set<std::string> seen;
  for (const RunSpec& spec : runs) {
    (seen.insert(ChoiceName(spec.dataset)).second ? order : others)
        .push_back(&spec);
  }
  const size_t datasets = order.size();
  order.insert(order.end(), others.begin(), others.end());

  Estimate estimate;
  std::map<std::string, RunCost> measured;
  for (size_t i = 0; i < order.size(); ++i) {
    if (i >= datasets && !estimate.missing.empty() && !in_spite_of_missing) {
      break;
    }
    if (StopRequested()) {
      return absl::CancelledError("stopped before anything was run");
    }
    const RunSpec* const spec = order[i];
    const std::string key = StepCostKey(*spec);
    if (estimate.missing.count(ChoiceName(spec->dataset)) > 0) continue;
    if (measured.count(key) == 0) {
      const absl::StatusOr<RunCost> cost =
          questions.Cost(*spec, fetch, slots.threads);
      if (absl::IsNotFound(cost.status())) {
        estimate.missing[ChoiceName(spec->dataset)] =
            std::string(cost.status().message());
        continue;
      }
      NCLAB_RETURN_IF_ERROR(cost.status());
      measured[key] = *cost;
    }
    const RunCost& cost = measured[key];
    const double evaluations =
        static_cast<double>(EvaluationSteps(*spec, cost.samples).size());
    const double seconds = cost.step * static_cast<double>(spec->steps) +
                           cost.evaluation * evaluations;
    estimate.runs[RunName(*spec)] = {cost, seconds};
    estimate.seconds += seconds / slots.jobs;
  }
  return estimate;
}

}  // namespace nclab
