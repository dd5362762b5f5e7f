// Where a started run goes on: from its last checkpoint, unless that or what it
// builds upon is damaged.
#ifndef NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_RESUME_H_
#define NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_RESUME_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/records/run_directory.h"
#include "experiments/training/evaluation/evaluation.h"

namespace nclab {

struct ResumePoint {
  int64_t step = -1;  // of the checkpoint to load; -1: there is none, start
  std::vector<Evaluation> evaluations;  // those made up to it, ascending
};

// The last checkpoint that is whole, as are the moments of every evaluation of
// `grid` before it and the features that statistics of `plan` still need. What
// is damaged is named in the log and moved to damaged/; the evaluations after
// the checkpoint are made again. Call it under the run's lock. \error
// kFailedPrecondition if another version wrote a file, or if a damaged one
// cannot be moved.
absl::StatusOr<ResumePoint> FindResumePoint(const RunDirectory& directory,
                                            const std::vector<int64_t>& grid,
                                            const StatisticPlan& plan);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_CHECKPOINTS_RESUME_H_
