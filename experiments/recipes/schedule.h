// How the learning rate changes over a run, and how a schedule is registered.
#ifndef NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_
#define NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// By which the initial learning rate is multiplied in step `step`, 0-based:
// finite and not negative. A pure function, called on the host.
using Schedule = std::function<double(int64_t step)>;

// What a factory is told of the run.
struct ScheduleInput {
  int64_t steps = 0;  // T; a run may stop earlier
};

// \error kInvalidArgument for combinations without meaning, as a milestone
// beyond T.
using ScheduleFactory = std::function<absl::StatusOr<Schedule>(
    const Params&, const ScheduleInput&)>;

struct ScheduleInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // where it comes from: paper, formula
  std::vector<ParamSpec> params = {};
};

using ScheduleRegistry = Registry<ScheduleInfo, ScheduleFactory>;
ScheduleRegistry& Schedules();

// Registers at static-initialisation time. Returns true.
bool RegisterSchedule(ScheduleInfo info, ScheduleFactory factory,
                      const char* file, int line);

// The schedule of a choice. \error what the factory says, after the schedule's
// name.
absl::StatusOr<Schedule> MakeSchedule(const BoundChoice& choice,
                                      const ScheduleInput& input);

}  // namespace nclab

// In a .cc file only, once per schedule. The arguments are a ScheduleInfo and a
// ScheduleFactory.
#define NCLAB_REGISTER_SCHEDULE(...) \
  NCLAB_REGISTER(::nclab::RegisterSchedule, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_
