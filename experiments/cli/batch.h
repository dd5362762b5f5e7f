// The main of every program that makes many runs, figures and sweeps: plan,
// run, measure, draw, judge.
#ifndef NCLAB_EXPERIMENTS_CLI_BATCH_H_
#define NCLAB_EXPERIMENTS_CLI_BATCH_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/progress/planned_run.h"
#include "experiments/execution/questions.h"
#include "experiments/experiment.h"
#include "experiments/plan.h"

namespace nclab {

// What a program's own flags ask for.
struct Batch {
  Experiment experiment;
  PlanChoices choices;
  bool fresh = false;  // into an emptied directory
  // Finished runs, where they lie, that planned ones start from.
  std::vector<PlannedRun> parents = {};
};

using BatchFromFlags = std::function<absl::StatusOr<Batch>(
    const ExecutionOptions& execution, Questions& questions)>;

struct BatchProgram {
  std::string name;    // of the experiment
  std::string target;  // Bazel's name of the program
  std::string usage;   // as Program::usage
  BatchFromFlags batch;
};

// Adds the flags --out, --plan, --json and those of launch_flags.h. Returns the
// exit status.
int BatchMain(int argc, char** argv, const BatchProgram& program);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_BATCH_H_
