// warmup_cosine: (step + 1) / W in the first W steps, then half a cosine from 1
// to 0 over the other T - W.
#include <cmath>
#include <numbers>

#include "experiments/recipes/length.h"
#include "experiments/recipes/schedule.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

absl::StatusOr<Schedule> MakeWarmupCosine(const Params& params,
                                          const ScheduleInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const int64_t warmup,
                         ParseLength(params.String("warmup"), input.steps));
  return [warmup, steps = input.steps](int64_t step) {
    if (step < warmup) {
      return static_cast<double>(step + 1) / static_cast<double>(warmup);
    }
    const double progress = static_cast<double>(step - warmup) /
                            static_cast<double>(steps - warmup);
    return 0.5 * (1 + std::cos(std::numbers::pi * progress));
  };
}

NCLAB_REGISTER_SCHEDULE(
    {.name = "warmup_cosine",
     .summary =
         "a linear rise to the initial learning rate, then half a cosine "
         "to 0 at T",
     .reference = "Goyal et al., arXiv 1706.02677, section 2.2; Loshchilov and "
                  "Hutter, arXiv 1608.03983",
     .params = {StringParam("warmup", "1/20",
                            "the rise: a share of T or a number of steps")}},
    MakeWarmupCosine);

}  // namespace
}  // namespace nclab
