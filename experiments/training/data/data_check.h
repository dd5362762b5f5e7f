// Whether the run in a directory is the one that is meant: its spec, and its
// data, by the sums of files in its manifest and of those at hand.
#ifndef NCLAB_EXPERIMENTS_TRAINING_DATA_DATA_CHECK_H_
#define NCLAB_EXPERIMENTS_TRAINING_DATA_DATA_CHECK_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"
#include "experiments/records/manifest.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

// \error kFailedPrecondition if the directory holds another spec, however it is
// written; it may hold none.
absl::Status CheckRunSpec(const std::string& run_directory,
                          const RunSpec& canonical);

// Whether a run that has begun can be asked for this besides: for layers that
// its model has, and for checkpoints of steps that are still to come or were
// kept. \error kInvalidArgument lists the layers; kFailedPrecondition names the
// checkpoints that are there.
absl::Status CheckAsked(const std::string& run_directory,
                        const Measurement& asked);

// As the manifest takes them.
std::vector<SourceFile> SourceFiles(const std::vector<DataFile>& files);

// The data at hand, for many runs: each dataset's files are read once.
class DataAtHand {
 public:
  // Nothing is fetched.
  explicit DataAtHand(std::string data_dir) : context_{std::move(data_dir)} {}

  // \error as CheckRunData(); kNotFound if the run had files, and they are not
  // at hand; as LoadDataset() if they are damaged.
  absl::Status Check(const std::string& run_directory, const RunSpec& spec);

  // Check(), CheckRunSpec() and CheckAsked() of a run that is there: without
  // its data it is what it was.
  absl::Status CheckStarted(const std::string& run_directory,
                            const RunSpec& spec);

  // Whether a finished run of elsewhere has this spec and these data, and
  // answers what is asked: from its rows, or from what it kept. Without the
  // data it has them unless a data_dir was named.
  bool Fits(const std::string& run_directory, const RunSpec& spec);

 private:
  const DatasetContext context_;
  // By the spec's dataset.
  std::map<std::string, absl::StatusOr<std::vector<SourceFile>>> files_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_DATA_DATA_CHECK_H_
