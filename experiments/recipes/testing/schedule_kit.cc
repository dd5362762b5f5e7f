#include <cmath>

#include "experiments/recipes/schedule.h"
#include "experiments/recipes/testing/promises.h"

namespace nclab {
namespace {

// Long enough for any share of it.
constexpr int64_t kLength = 1000;

absl::Status IsFiniteAndNotNegative(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const Schedule schedule,
                         MakeSchedule(choice, {kLength}));
  for (int64_t step = 0; step < kLength; ++step) {
    const double factor = schedule(step);
    NCLAB_PROMISE(std::isfinite(factor) && factor >= 0, "at step ", step,
                  " of ", kLength, " its factor is ", factor);
  }
  return absl::OkStatus();
}

absl::Status IsAPureFunctionOfTheStep(const BoundChoice& choice) {
  NCLAB_ASSIGN_OR_RETURN(const Schedule schedule,
                         MakeSchedule(choice, {kLength}));
  NCLAB_ASSIGN_OR_RETURN(const Schedule resumed,
                         MakeSchedule(choice, {kLength}));
  std::vector<double> factors;
  for (int64_t step = 0; step < kLength; ++step) {
    factors.push_back(schedule(step));
  }
  for (int64_t step = kLength - 1; step >= 0; --step) {
    const double again = resumed(step);
    NCLAB_PROMISE(again == factors[static_cast<size_t>(step)], "at step ", step,
                  " its factor is ", factors[static_cast<size_t>(step)],
                  " from step 0 on, and ", again, " asked backwards");
  }
  return absl::OkStatus();
}

// A run of any length: works, or says why not.
absl::Status TakesOrRefusesShortRuns(const BoundChoice& choice) {
  for (const int64_t length : {1, 2, 3, 10}) {
    const auto schedule = MakeSchedule(choice, {length});
    if (!schedule.ok()) {
      NCLAB_PROMISE(absl::IsInvalidArgument(schedule.status()), "a run of ",
                    length,
                    " steps is refused by other than a "
                    "kInvalidArgument: ",
                    schedule.status().ToString());
      continue;
    }
    for (int64_t step = 0; step < length; ++step) {
      const double factor = (*schedule)(step);
      NCLAB_PROMISE(std::isfinite(factor) && factor >= 0, "at step ", step,
                    " of ", length, " its factor is ", factor);
    }
  }
  return absl::OkStatus();
}

}  // namespace

const std::vector<RecipePromise>& SchedulePromises() {
  static const auto* const promises = new std::vector<RecipePromise>(WithFacts(
      Schedules(), {{"IsFiniteAndNotNegative", IsFiniteAndNotNegative},
                    {"IsAPureFunctionOfTheStep", IsAPureFunctionOfTheStep},
                    {"TakesOrRefusesShortRuns", TakesOrRefusesShortRuns}}));
  return *promises;
}

}  // namespace nclab
