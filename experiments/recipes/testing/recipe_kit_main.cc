// The test behind nclab_recipe_kit_test: every promise, for every objective,
// schedule, optimizer and stream that is linked in. Arguments: further choices,
// as sgd(momentum=0), besides everything at its defaults.
#include <iostream>
#include <set>
#include <string>
#include <vector>

#include "experiments/recipes/objective.h"
#include "experiments/recipes/optimizer.h"
#include "experiments/recipes/schedule.h"
#include "experiments/recipes/stream.h"
#include "experiments/recipes/testing/recipe_kit.h"
#include "gtest/gtest.h"
#include "tools/base/status_macros.h"
#include "tools/testing/kit_main.h"

namespace nclab {
namespace {

// Takes the choices of its noun out of `more`.
template <typename AnyRegistry>
absl::Status RegisterTests(const AnyRegistry& registry,
                           const std::vector<RecipePromise>& promises,
                           std::set<std::string>& more) {
  std::set<std::string> choices;
  for (const auto* entry : registry.List()) choices.insert(entry->info.name);
  for (auto it = more.begin(); it != more.end();) {
    NCLAB_ASSIGN_OR_RETURN(const Choice parsed, ParseChoice(*it));
    const bool of_this_noun = registry.Find(parsed.name).ok();
    if (of_this_noun) choices.insert(*it);
    it = of_this_noun ? more.erase(it) : std::next(it);
  }
  for (const std::string& choice : choices) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, registry.Bind(choice));
    for (const RecipePromise& promise : promises) {
      RegisterPromise(registry.noun(), choice, promise.name,
                      [promise, bound] { return promise.check(bound); });
    }
  }
  return absl::OkStatus();
}

absl::Status RegisterAllTests(std::set<std::string> more) {
  NCLAB_RETURN_IF_ERROR(RegisterTests(Objectives(), ObjectivePromises(), more));
  NCLAB_RETURN_IF_ERROR(RegisterTests(Schedules(), SchedulePromises(), more));
  NCLAB_RETURN_IF_ERROR(RegisterTests(Optimizers(), OptimizerPromises(), more));
  NCLAB_RETURN_IF_ERROR(RegisterTests(Streams(), StreamPromises(), more));
  if (!more.empty()) {
    return absl::NotFoundError(
        "No objective, schedule, optimizer or stream is called '" +
        *more.begin() + "'.");
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (nclab::Objectives().List().empty() && nclab::Schedules().List().empty() &&
      nclab::Optimizers().List().empty() && nclab::Streams().List().empty()) {
    std::cerr << "Nothing is linked in: name the nclab_objective() and other "
                 "targets in deps.\n";
    return 1;
  }
  const absl::Status status = nclab::RegisterAllTests({argv + 1, argv + argc});
  if (!status.ok()) {
    std::cerr << status.message() << "\n";
    return 2;
  }
  return RUN_ALL_TESTS();
}
