// An experiment and the user's choices -> the runs to make.
#ifndef NCLAB_EXPERIMENTS_PLAN_H_
#define NCLAB_EXPERIMENTS_PLAN_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/experiment.h"

namespace nclab {

struct PlanChoices {
  // paper, small or smoke; "": of an experiment without presets, a sweep
  std::string preset;
  std::vector<int64_t> seeds;  // empty: the preset's; 0 where there is none
  // "dataset=mnist|cifar10,model=mlp": conditions that all hold, alternatives
  // of one by "|"; "": all cells. What a chosen cell starts from is run too.
  std::string only;
  // Fields of every cell's spec, on top of the preset's: key, value.
  std::vector<std::pair<std::string, std::string>> overrides;
  std::string reading = "text";
};

// One run of the plan. A run stands behind the one that it starts from.
struct PlanRun {
  std::string cell;
  RunSpec spec;  // canonical, with its seed
};

// As Canonical() of experiments/spec/canonical.h, here or in another process.
using Canonicalizer =
    std::function<absl::StatusOr<RunSpec>(const RunSpec& spec)>;

// Overrides of dataset, model and the like reach every cell; steps and the
// steps at which a cell's children start change together.
// What the reading's conventions look at is measured, too. Cells that are one
// run, since they differ in what is measured alone, have both.
// \error kNotFound or kInvalidArgument: an unknown preset, reading, key or
// value, two overrides of one key, one of a field that the reading sets, a seed
// named twice, an --only that no cell matches (lists the cells), an experiment
// that is not whole.
absl::StatusOr<std::vector<PlanRun>> MakePlan(const Experiment& experiment,
                                              const PlanChoices& choices,
                                              const Canonicalizer& canonical);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_PLAN_H_
