// Holds what a step is made of to the promises of objective.h, schedule.h,
// optimizer.h and stream.h. nclab_recipe_kit_test() runs it.
#ifndef NCLAB_EXPERIMENTS_RECIPES_TESTING_RECIPE_KIT_H_
#define NCLAB_EXPERIMENTS_RECIPES_TESTING_RECIPE_KIT_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "tools/base/registry/choice.h"

namespace nclab {

struct RecipePromise {
  const char* name;  // a sentence without its subject
  // \error of any code says how the promise is broken. LibTorch's exceptions
  // are among them.
  std::function<absl::Status(const BoundChoice&)> check;
};

const std::vector<RecipePromise>& ObjectivePromises();
const std::vector<RecipePromise>& SchedulePromises();
const std::vector<RecipePromise>& OptimizerPromises();
const std::vector<RecipePromise>& StreamPromises();

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_TESTING_RECIPE_KIT_H_
