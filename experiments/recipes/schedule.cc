#include "experiments/recipes/schedule.h"

#include "absl/strings/str_cat.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/torch_status.h"

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
  Schedule schedule;
  const absl::Status status = CatchTorch([&]() -> absl::Status {
    NCLAB_ASSIGN_OR_RETURN(schedule, entry->factory(choice.params, input));
    return absl::OkStatus();
  });
  if (!status.ok()) {
    return Annotate(status, absl::StrCat("schedule '", choice.name, "'"));
  }
  return schedule;
}

}  // namespace nclab
