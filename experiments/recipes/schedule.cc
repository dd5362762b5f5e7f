#include "experiments/recipes/schedule.h"

#include <cmath>
#include <numbers>

namespace nclab {

double LearningRate(absl::string_view schedule, double lr, int64_t step,
                    int64_t steps) {
  if (schedule == "constant") return lr;
  const double progress =
      static_cast<double>(step) / static_cast<double>(steps);
  return lr * 0.5 * (1 + std::cos(std::numbers::pi * progress));
}

}  // namespace nclab
