// OUT/slurm: what was submitted, so that a later call finds it again.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_SLURM_FILES_H_
#define NCLAB_EXPERIMENTS_EXECUTION_SLURM_FILES_H_

#include <cstddef>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"

namespace nclab {

struct SubmittedArray {
  std::string job;
  std::vector<std::string> directories;  // of its runs, by task
};

// Those of `slurm_directory`, in the order of their submission.
absl::StatusOr<std::vector<SubmittedArray>> ReadArrays(
    const std::string& slurm_directory);

// Writes script and list of an array of these runs, submits it after the arrays
// `after`, and records it. Answers its job id. \error as SubmitArray().
absl::StatusOr<std::string> WriteAndSubmit(
    const std::vector<std::string>& directories,
    const ExecutionOptions& options, const std::set<std::string>& after);

// The last line of a task's log, "" if there is none.
std::string LastWords(const std::string& slurm_directory,
                      const std::string& job, size_t task);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_SLURM_FILES_H_
