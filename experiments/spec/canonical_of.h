// For tests: Canonical() of a spec that is right.
#ifndef NCLAB_EXPERIMENTS_SPEC_CANONICAL_OF_H_
#define NCLAB_EXPERIMENTS_SPEC_CANONICAL_OF_H_

#include "experiments/spec/canonical.h"
#include "experiments/spec/run_spec.h"
#include "tools/testing/status_matchers.h"

namespace nclab {

inline RunSpec CanonicalOf(const RunSpec& spec) {
  const absl::StatusOr<RunSpec> canonical = Canonical(spec);
  EXPECT_THAT(canonical, IsOk());
  return canonical.value_or(spec);
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_SPEC_CANONICAL_OF_H_
