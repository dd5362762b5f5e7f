// An experiment and the user's choices -> the runs to make.
#ifndef NCLAB_EXPERIMENTS_PLAN_H_
#define NCLAB_EXPERIMENTS_PLAN_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/experiment.h"

namespace nclab {

struct PlanChoices {
  std::string preset;          // paper, small or smoke
  std::vector<int64_t> seeds;  // empty: the preset's
  std::string only;            // "dataset=mnist,model=mlp"; "": all cells
  // Fields of every cell's spec, on top of the preset's: key, value.
  std::vector<std::pair<std::string, std::string>> overrides;
};

struct PlanRun {
  std::string cell;
  RunSpec spec;  // canonical, with its seed
};

// \error kNotFound or kInvalidArgument: an unknown preset, key or value, two
// overrides of one key, an --only that no cell matches (lists the cells).
absl::StatusOr<std::vector<PlanRun>> MakePlan(const Experiment& experiment,
                                              const PlanChoices& choices);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_PLAN_H_
