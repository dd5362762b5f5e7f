// steps: factor to the power of how many of the steps `at` have come.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/recipes/length.h"
#include "experiments/recipes/schedule.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

absl::StatusOr<Schedule> MakeSteps(const Params& params,
                                   const ScheduleInput& input) {
  std::vector<int64_t> at;
  for (const absl::string_view text :
       absl::StrSplit(params.String("at"), '+')) {
    NCLAB_ASSIGN_OR_RETURN(const int64_t step, ParseLength(text, input.steps));
    if (!at.empty() && step < at.back()) {
      return absl::InvalidArgumentError(
          absl::StrCat("at=", params.String("at"), " goes back at '", text,
                       "'. Give the steps in their order."));
    }
    at.push_back(step);
  }
  return [at, factor = params.Float("factor")](int64_t step) {
    const auto come = std::upper_bound(at.begin(), at.end(), step) - at.begin();
    return std::pow(factor, static_cast<double>(come));
  };
}

NCLAB_REGISTER_SCHEDULE(
    {.name = "steps",
     .summary = "the rate falls by a factor at given steps",
     .reference = "Papyan, Han, Donoho 2020 (a third and two thirds); He et "
                  "al., arXiv 1512.03385, section 4.2",
     .params = {StringParam("at", "1/3+2/3",
                            "when: shares of T or numbers of steps, with + "
                            "between them"),
                FloatParam("factor", 0.1, "by which, each time", 0, 1)}},
    MakeSteps);

}  // namespace
}  // namespace nclab
