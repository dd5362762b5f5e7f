#include "experiments/recipes/schedule.h"

#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"

namespace nclab {

ScheduleRegistry& Schedules() {
  static auto* const registry = new ScheduleRegistry("schedule");
  return *registry;
}

bool RegisterSchedule(ScheduleInfo info, ScheduleFactory factory,
                      const char* file, int line) {
  Schedules().Register(std::move(info), std::move(factory), file, line);
  return true;
}

absl::StatusOr<Schedule> MakeSchedule(const BoundChoice& choice,
                                      const ScheduleInput& input) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Schedules().Find(choice.name));
  absl::StatusOr<Schedule> schedule = entry->factory(choice.params, input);
  if (!schedule.ok()) {
    return Annotate(schedule.status(),
                    absl::StrCat("schedule '", choice.name, "'"));
  }
  return schedule;
}

double LearningRate(absl::string_view schedule, double lr, int64_t step,
                    int64_t steps) {
  if (schedule == "constant") return lr;
  const double progress =
      static_cast<double>(step) / static_cast<double>(steps);
  return lr * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace nclab
