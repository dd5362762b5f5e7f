// How the learning rate changes over a run.
#ifndef NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_
#define NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace nclab {

// The learning rate of step `step`, 0-based, of a run of `steps` that begins
// with `lr`. `schedule`: cosine, to 0 over the run; or constant.
double LearningRate(absl::string_view schedule, double lr, int64_t step,
                    int64_t steps);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_SCHEDULE_H_
