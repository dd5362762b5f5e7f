// my_schedule: 1 - step / T.
#include "experiments/recipes/schedule.h"

namespace {

NCLAB_REGISTER_SCHEDULE(
    {.name = "my_schedule",
     .summary = "a straight line to 0 at T",
     .reference = "nclab, tools/plugin_example/recipe/my_schedule.cc"},
    [](const nclab::Params&,
       const nclab::ScheduleInput& input) -> absl::StatusOr<nclab::Schedule> {
      return [steps = static_cast<double>(input.steps)](int64_t step) {
        return 1 - static_cast<double>(step) / steps;
      };
    });

}  // namespace
