// Canonical specs: every choice is bound, so that a run has one spec.
#ifndef NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_
#define NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

// Binds dataset, model and metrics (every parameter shown), sorts and completes
// the lists, checks ranges and names as far as that needs no data.
// \error kInvalidArgument, kNotFound.
absl::StatusOr<RunSpec> Canonical(const RunSpec& spec);

// The canonical text of a spec that is written in any other way: other blanks,
// another order of keys, parameters left out. \error as Canonical() and
// RunSpecFromJson().
absl::StatusOr<std::string> CanonicalText(absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_
