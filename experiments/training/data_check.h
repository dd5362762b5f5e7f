// Whether a run's data are still those that it was made from: the sums of files
// in its manifest against those of the files at hand.
#ifndef NCLAB_EXPERIMENTS_TRAINING_DATA_CHECK_H_
#define NCLAB_EXPERIMENTS_TRAINING_DATA_CHECK_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

// Compares `files` with those of the manifest in the directory of a run; a file
// and its .gz are the same. A run without a manifest may have any data.
// \error kFailedPrecondition names the first file that differs and both sums.
absl::Status CheckRunData(const std::string& run_directory,
                          const std::vector<DataFile>& files);

// The data at hand, for many runs: each dataset's files are read once.
class DataAtHand {
 public:
  // Nothing is fetched.
  explicit DataAtHand(std::string data_dir) : context_{std::move(data_dir)} {}

  // \error as CheckRunData(); kNotFound if the run had files, and they are not
  // at hand; as LoadDataset() if they are damaged.
  absl::Status Check(const std::string& run_directory, const RunSpec& spec);

  // Check() of a run that is there: without its data it is what it was.
  absl::Status CheckStarted(const std::string& run_directory,
                            const RunSpec& spec);

  // Whether a finished run of elsewhere has these data. Without them it does
  // unless a data_dir was named.
  bool Fits(const std::string& run_directory, const RunSpec& spec);

 private:
  const DatasetContext context_;
  // By the spec's dataset.
  std::map<std::string, absl::StatusOr<std::vector<DataFile>>> files_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_DATA_CHECK_H_
