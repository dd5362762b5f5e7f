// A run's directory on disk, as docs/architecture.md lists it.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_DIRECTORY_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/training/evaluation.h"
#include "experiments/training/records.h"
#include "experiments/training/run_spec.h"

namespace nclab {

class RunDirectory {
 public:
  explicit RunDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string Checkpoint(int64_t step) const;

  bool HasSpec() const;
  bool Done() const;
  // The reason of a failed run, "" if it has not failed.
  std::string FailureReason() const;

  // Makes the directory and writes the spec, or checks that the one there is
  // the same. \error kFailedPrecondition if it holds another spec or files of
  // something else; kPermissionDenied if it cannot be written.
  absl::Status Begin(const RunSpec& canonical) const;

  // Steps of the whole checkpoints there, ascending.
  std::vector<int64_t> CheckpointSteps() const;
  // Removes all but the last two, the saved ones and `final_step`'s.
  absl::Status PruneCheckpoints(const std::vector<int64_t>& keep) const;

  // Where the test features of an evaluation wait for k-means at T.
  std::string Features(int64_t step) const;

  // Moments of every evaluation so far, one file each under moments/.
  absl::Status WriteEvaluation(const Evaluation& evaluation) const;
  // Those up to `last_step`, ascending.
  absl::StatusOr<std::vector<Evaluation>> ReadEvaluations(
      int64_t last_step) const;

  absl::Status WriteMetrics(const std::vector<MetricRow>& rows) const;
  absl::StatusOr<std::vector<MetricRow>> ReadMetrics() const;

 private:
  std::string path_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_DIRECTORY_H_
