// What waits for T: statistics fitted to the test features at T (k-means, for
// the weak test variance), and those that apply them to every evaluation.
#ifndef NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_
#define NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_

#include <vector>

#include "absl/status/status.h"
#include "experiments/records/run_directory.h"
#include "experiments/training/evaluation/evaluation.h"

namespace nclab {

// Gives each layer whose test features wait under features/ the statistics of
// `plan` that wait for T, writes the evaluations again and the fits of k-means
// (starts, inertia, ratio, degenerate clusters) to k_means.json, and removes
// the features. Evaluations that have theirs keep them: it may be cut off
// anywhere and called again, and a run that goes on from an older checkpoint
// comes to the same T. `evaluations` end at T.
// \error kDataLoss if features are missing.
absl::Status AddWhatWaitsForT(const RunDirectory& directory,
                              const StatisticPlan& plan,
                              std::vector<Evaluation>& evaluations);

// Whether a layer whose features wait lacks one of them.
bool Waits(const Evaluation& evaluation, const StatisticPlan& plan);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_
