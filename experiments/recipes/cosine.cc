// cosine: (1 + cos(pi step / T)) / 2, from 1 at step 0 to 0 at T.
#include <cmath>
#include <numbers>

#include "experiments/recipes/schedule.h"

namespace nclab {
namespace {

NCLAB_REGISTER_SCHEDULE(
    {.name = "cosine",
     .summary = "half a cosine, from the initial learning rate to 0 at T",
     .reference = "Loshchilov and Hutter, arXiv 1608.03983, without restarts"},
    [](const Params&, const ScheduleInput& input) -> absl::StatusOr<Schedule> {
      return [steps = static_cast<double>(input.steps)](int64_t step) {
        const double progress = static_cast<double>(step) / steps;
        return 0.5 * (1 + std::cos(std::numbers::pi * progress));
      };
    });

}  // namespace
}  // namespace nclab
