// What is to be run, and which runs wait for which.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PLANNED_RUN_H_
#define NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PLANNED_RUN_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

struct PlannedRun {
  RunSpec spec;           // canonical
  std::string directory;  // of the run
};

// RunDirectory::Begin(). \error kFailedPrecondition if another run is there.
absl::Status BeginRun(const PlannedRun& run);

// The last part of the run's directory, for people.
std::string NameOf(const PlannedRun& run);

// For each run the index of the one that it starts from (init_from) among
// `runs`; nothing where it has none or that one is not among them.
std::vector<std::optional<size_t>> Parents(const std::vector<PlannedRun>& runs);

// Marks the run FAILED, since its parent has failed. Answers the reason.
std::string FailForParent(const PlannedRun& run, const PlannedRun& parent);

// Marks the run as diverged, since its parent has: its start will never be.
absl::Status DivergeWithParent(const PlannedRun& run, const PlannedRun& parent);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PLANNED_RUN_H_
