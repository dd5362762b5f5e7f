// metrics.csv as a view: of a run that is through, made anew from what its
// evaluations kept.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_VIEW_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_VIEW_H_

#include "absl/status/status.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/training.h"

namespace nclab {

// Writes metrics.csv, the events, measure.json and DONE of a finished run, so
// that they have what `asked` asks for: from moments/, without training. What
// an evaluation did not keep is made from its checkpoint if there is one, for
// which alone the data are loaded; so is what another version kept, or what is
// damaged (named in the log). Where there is none the rows that need it are
// absent, and the log says so. Rows that are there stay. Call it under the
// run's lock. \error as PlanMetrics(); of writing.
absl::Status MakeView(const RunSpec& asked, const RunOptions& options,
                      const RunDirectory& directory);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_VIEW_H_
