// A part of a run, as people say it: "1/3", "0.25", "6000".
#ifndef NCLAB_EXPERIMENTS_RECIPES_LENGTH_H_
#define NCLAB_EXPERIMENTS_RECIPES_LENGTH_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

// The number of steps that `text` is of a run of `steps` T: a whole number of
// steps below T, or a share between 0 and 1, a fraction or a decimal; of a
// share, the first step s with s / T at or past it, exactly.
// \error kInvalidArgument for anything else; the message quotes it.
absl::StatusOr<int64_t> ParseLength(absl::string_view text, int64_t steps);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_LENGTH_H_
