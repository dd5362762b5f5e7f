// Canonical specs: every choice is bound, so that a run has one spec.
#ifndef NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_
#define NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

// Binds every choice (all parameters shown), sorts and completes the lists,
// checks ranges, names and the schedule's milestones: all that needs no data.
// \error kInvalidArgument, kNotFound.
absl::StatusOr<RunSpec> Canonical(const RunSpec& spec);

// The same spec as people read it: its choices without the parameters that have
// their defaults. \error as Canonical().
absl::StatusOr<RunSpec> Shown(const RunSpec& canonical);

// The canonical text of a spec that is written in any other way: other blanks,
// another order of keys, parameters left out. \error as Canonical() and
// RunSpecFromJson().
absl::StatusOr<std::string> CanonicalText(absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_SPEC_CANONICAL_H_
