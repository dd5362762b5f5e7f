// The weak test variance of a run: k-means on the test features at T, applied
// to those of every evaluation.
#ifndef NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_
#define NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_

#include <vector>

#include "absl/status/status.h"
#include "experiments/records/run_directory.h"
#include "experiments/training/evaluation/evaluation.h"

namespace nclab {

// Gives each layer of the test split of every evaluation its clusters, from
// the features kept under features/, writes the evaluations again and the fits
// (starts, inertia, ratio, degenerate clusters) to k_means.json, and removes
// the features. Evaluations that have their clusters keep them: it may be cut
// off anywhere and called again, and a run that goes on from an older
// checkpoint comes to the same T. `evaluations` end at T.
// \error kDataLoss if features are missing.
absl::Status AddClusters(const RunDirectory& directory,
                         std::vector<Evaluation>& evaluations);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_EVALUATION_CLUSTERS_H_
