// A run's directory on disk, as docs/architecture.md lists it.
#ifndef NCLAB_EXPERIMENTS_RECORDS_RUN_DIRECTORY_H_
#define NCLAB_EXPERIMENTS_RECORDS_RUN_DIRECTORY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "experiments/records/records.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

class RunDirectory {
 public:
  explicit RunDirectory(std::string path) : path_(std::move(path)) {}

  const std::string& path() const { return path_; }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  std::string Checkpoint(int64_t step) const;

  bool HasSpec() const;
  // Finished, and its metrics.csv is what it was then.
  bool Done() const { return CheckDone().ok(); }
  // \error kNotFound if the run is not finished; kDataLoss if its metrics.csv
  // was damaged since: the next Train() makes it again, without training.
  absl::Status CheckDone() const;
  // Writes DONE, with the checksums of metrics.csv and measure.json.
  absl::Status MarkDone() const;
  // Why a run failed, or what of a finished one is damaged; "" if neither.
  std::string FailureReason() const;
  // Whether its loss, or that of the run it starts from, stopped being a
  // number: a result, as the same run would do so again.
  bool Diverged() const;
  // Writes `reason` to FAILED, for people, then DIVERGED with `step`.
  absl::Status MarkDiverged(int64_t step, absl::string_view reason) const;
  // The step in DIVERGED; 0 where it cannot be read.
  int64_t DivergedAt() const;
  // No more training: the run is done or has diverged.
  bool Through() const { return Done() || Diverged(); }
  // Through, and metrics.csv has what measure.json asks for, as far as it can
  // be had: DONE was written after both.
  bool Answered() const;

  // That it holds a run of another spec than was asked for.
  absl::Status AnotherSpec() const;

  // Makes the directory, and writes the spec if there is none; whether one that
  // is there is the same is the caller's to ask. Adds what is asked of the run
  // to measure.json. \error kFailedPrecondition if it holds files of something
  // else; kPermissionDenied if it cannot be written.
  absl::Status Begin(const RunSpec& canonical) const;

  // measure.json: what was asked of the run so far, and its grid; `otherwise`
  // where there is none. \error kInvalidArgument if it is something else.
  absl::StatusOr<Measurement> ReadMeasurement(
      const Measurement& otherwise) const;
  absl::Status WriteMeasurement(const Measurement& canonical) const;

  // Steps of the whole checkpoints there, ascending.
  std::vector<int64_t> CheckpointSteps() const;
  // Of those up to `step` keeps the last two and those in `keep`. Later ones
  // stay until the run, once sent back by damage, has come past them again.
  void PruneCheckpoints(int64_t step, const std::vector<int64_t>& keep) const;

  // What an evaluation is kept in, and the steps of which one is.
  std::string Moments(int64_t step) const;
  std::vector<int64_t> MomentSteps() const;
  // Moves the damaged file `path` of this run to damaged/ and logs why.
  absl::Status SetAside(const std::string& path,
                        absl::string_view reason) const;
  // Removes what a killed process left half-written. Only under the lock.
  void RemoveTemporaries() const;

  // Where the test features of an evaluation wait for k-means at T.
  std::string Features(int64_t step) const;

  absl::Status WriteMetrics(const std::vector<MetricRow>& rows) const;
  // \error kDataLoss if it is damaged, kNotFound if there is none.
  absl::StatusOr<std::vector<MetricRow>> ReadMetrics() const;

 private:
  std::string path_;
};

// Where the run that spec.init_from names lies: the sibling of `directory`
// with its name.
std::string ParentDirectory(const RunSpec& spec, const std::string& directory);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_RUN_DIRECTORY_H_
