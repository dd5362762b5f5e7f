// Runs of a moment, for tests of many.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_TESTING_TINY_SPEC_H_
#define NCLAB_EXPERIMENTS_EXECUTION_TESTING_TINY_SPEC_H_

#include <cstdint>

#include "experiments/spec/canonical_of.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

inline RunSpec Tiny(int64_t seed) {
  RunSpec spec;
  spec.dataset =
      "gaussian_etf(num_classes=2,per_class=20,test_samples=4,dim=8)";
  spec.model = "mlp(width=8,depth=1)";
  spec.steps = 20;
  spec.eval_points = 2;
  spec.seed = seed;
  return CanonicalOf(spec);
}

// The run that starts where `parent` ends.
inline RunSpec ChildOf(const RunSpec& parent) {
  RunSpec spec = parent;
  spec.init_from = ToJson(parent);
  spec.init_step = parent.steps;
  return CanonicalOf(spec);
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_TESTING_TINY_SPEC_H_
