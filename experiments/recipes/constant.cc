// constant: the initial learning rate in every step.
#include "experiments/recipes/schedule.h"

namespace nclab {
namespace {

NCLAB_REGISTER_SCHEDULE({.name = "constant",
                         .summary = "the initial learning rate throughout",
                         .reference = "nclab, experiments/recipes/constant.cc"},
                        [](const Params&,
                           const ScheduleInput&) -> absl::StatusOr<Schedule> {
                          return [](int64_t) { return 1.0; };
                        });

}  // namespace
}  // namespace nclab
