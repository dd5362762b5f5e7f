// Runs of a moment, for tests. Without LibTorch.
#ifndef NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_SPEC_H_
#define NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_SPEC_H_

#include <cstdint>

#include "experiments/spec/canonical_of.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

inline constexpr int64_t kTinySteps = 60;

// All metrics of all layers, so that features wait on disk for k-means at T; a
// checkpoint at step 20 that is kept; one whole batch and a partial one.
inline RunSpec TinySpec(int64_t seed = 0) {
  RunSpec spec;
  spec.dataset =
      "gaussian_etf(num_classes=3,per_class=20,test_samples=12,dim=8)";
  spec.model = "mlp(width=8,depth=2)";
  spec.steps = kTinySteps;
  spec.batch_size = 32;
  spec.layers = {"all"};
  spec.eval_points = 10;
  spec.save_steps = {20};
  spec.seed = seed;
  return CanonicalOf(spec);
}

// The run that starts from the checkpoint of `parent` at `step`.
inline RunSpec ChildOf(const RunSpec& parent, int64_t step) {
  RunSpec spec = parent;
  spec.init_from = ToJson(parent);
  spec.init_step = step;
  return CanonicalOf(spec);
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_SPEC_H_
