// Several runs of one small network, trained as one batched model: each step is
// computed for all of them at once.
#ifndef NCLAB_EXPERIMENTS_TRAINING_TOGETHER_H_
#define NCLAB_EXPERIMENTS_TRAINING_TOGETHER_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/training/run_spec.h"
#include "experiments/training/training.h"

namespace nclab {

// Runs with the same answer may be trained together: they differ in seed, in
// learning rate and in the checkpoint that they start from, in nothing else.
// "" if a run cannot be: its model is no Stackable (models/stacked.h), or when
// it stops depends on its loss.
std::string TogetherKey(const RunSpec& canonical);

struct TogetherRun {
  RunSpec spec;  // canonical
  RunOptions options;
};

// As Train() for each of `runs`, whose TogetherKey() is one and not "", and
// whose options differ in directories and on_progress only. Each has its own
// directory, checkpoints, log and outcome; one that fails does not hold up the
// others.
//
// They go in step. Where their last checkpoints are not of one step (a crash
// between two of them), they go back to one that they share; runs that share
// none are trained one group after the other.
//
// On the CPU a run gets the bytes that it would get alone on one thread,
// whoever is with it. On other devices batched products may round otherwise
// than single ones: the manifest says who was together.
std::vector<absl::StatusOr<RunOutcome>> TrainTogether(
    const std::vector<TogetherRun>& runs);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_TOGETHER_H_
