// How long runs will take here.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_ESTIMATE_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_ESTIMATE_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/questions.h"
#include "experiments/records/progress.h"

namespace nclab {

struct RunEstimate {
  RunCost cost;        // measured, of this configuration
  double seconds = 0;  // of the whole run: its steps and evaluations
};

struct Estimate {
  // All runs together, the known ones, with jobs side by side.
  double seconds = 0;
  std::map<std::string, RunEstimate> runs;  // by RunName(); the known ones
  // Datasets whose files are missing, by name: where they were looked for and
  // what to do.
  std::map<std::string, std::string> missing;
};

// A few measured steps of each distinct configuration, in the process that
// answers `questions`. Finds out, too, whether each can run; missing files are
// fetched where `fetch` allows it. One configuration of every dataset comes
// first; where one of them misses files, the others are measured only if
// `in_spite_of_missing`. \error as Questions::Cost(), except for missing files;
// kCancelled after a signal.
absl::StatusOr<Estimate> EstimateRuns(const std::vector<RunSpec>& runs,
                                      Questions& questions, bool fetch,
                                      const Slots& slots,
                                      bool in_spite_of_missing);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_ESTIMATE_H_
