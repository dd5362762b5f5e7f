// What --plan prints, and what is said where data are missing.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_PLAN_OUTPUT_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_PLAN_OUTPUT_H_

#include <map>
#include <string>
#include <vector>

#include "experiments/cli/flags/estimate.h"
#include "experiments/execution/execution.h"
#include "experiments/experiment.h"
#include "experiments/plan.h"

namespace nclab {

// A plan and what is known about its runs; runs are named by RunName().
struct PlanFacts {
  std::string experiment;
  std::string preset;
  std::vector<PlanRun> runs;
  std::map<std::string, RunSpec> shown;         // as people read it, by run
  std::map<std::string, std::string> finished;  // where it lies, by run
  std::map<std::string, std::vector<std::string>> shared;  // figures, by run
  size_t open = 0;  // distinct runs to do
  Slots slots = {1, 1};
  bool estimated = false;  // false: nothing was measured
  Estimate estimate;       // of the open ones
};

// The other registered experiments whose plan, with the same choices but every
// cell, has the same run.
std::map<std::string, std::vector<std::string>> SharedRuns(
    const std::string& experiment, const std::vector<PlanRun>& runs,
    const PlanChoices& choices, const Canonicalizer& canonical);

// A paragraph per run and a line for all.
std::string PlanText(const PlanFacts& facts);

// The same as JSON: experiment, preset, jobs, threads, to_do,
// estimated_seconds (null where nothing was measured), missing (dataset ->
// what to do), runs (cell, name, seed, steps, parameters, steps_per_second,
// estimated_seconds, finished_in, shared_with, spec; null where unknown).
std::string PlanJson(const PlanFacts& facts);

// \error kNotFound: which datasets are missing, where their files go, and, but
// for a sweep, what of the plan can run without them, as --only takes it.
absl::Status MissingData(const Experiment& experiment, const PlanFacts& facts);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_PLAN_OUTPUT_H_
