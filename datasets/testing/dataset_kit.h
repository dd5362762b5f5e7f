// The promises of datasets/dataset.h, each a check that any dataset can be held
// to. In BUILD: nclab_dataset_kit_test() of tools/build/defs.bzl.
#ifndef NCLAB_DATASETS_TESTING_DATASET_KIT_H_
#define NCLAB_DATASETS_TESTING_DATASET_KIT_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "datasets/dataset.h"

namespace nclab {

// A registered dataset, loaded from `data_dir` without fetching. Writes into
// `scratch`, an empty directory.
class DatasetUnderTest {
 public:
  DatasetUnderTest(std::string name, std::string data_dir, std::string scratch);

  // With the view or other parameters `args`, as "train_size=3,skip=2".
  absl::StatusOr<Dataset> Load(const std::string& args = "") const;
  absl::StatusOr<Dataset> LoadFrom(const std::string& data_dir) const;

  // With all defaults; loaded once.
  absl::StatusOr<Dataset> Whole();

  const DatasetInfo& info() const { return *info_; }
  const std::string& scratch() const { return scratch_; }

 private:
  const std::string name_;
  const std::string data_dir_;
  const std::string scratch_;
  const DatasetInfo* info_;
  std::optional<absl::StatusOr<Dataset>> whole_;
};

struct DatasetPromise {
  const char* name;  // a sentence without its subject
  // \error of any code says how the promise is broken.
  std::function<absl::Status(DatasetUnderTest&)> check;
};

const std::vector<DatasetPromise>& DatasetPromises();

}  // namespace nclab

#endif  // NCLAB_DATASETS_TESTING_DATASET_KIT_H_
