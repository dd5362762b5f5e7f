// The test behind nclab_dataset_kit_test: every promise, for every dataset that
// is linked in. Argument: the directory of the datasets' files, if any.
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "tools/testing/dataset_kit.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

class Promise : public testing::Test {
 public:
  Promise(std::string dataset, std::string data_dir, size_t promise)
      : dataset_(std::move(dataset)),
        data_dir_(std::move(data_dir)),
        promise_(promise) {}

  void TestBody() override {
    const std::string scratch = EmptyTestDirectory();
    DatasetUnderTest dataset(
        dataset_, data_dir_.empty() ? scratch + "/no-files" : data_dir_,
        scratch);
    const DatasetPromise& promise = DatasetPromises()[promise_];
    const absl::Status status = promise.check(dataset);
    EXPECT_TRUE(status.ok())
        << "dataset '" << dataset_ << "' breaks the promise " << promise.name
        << ": " << status.message();
  }

 private:
  const std::string dataset_;
  const std::string data_dir_;
  const size_t promise_;
};

void RegisterTests(const std::string& data_dir) {
  for (const auto* entry : Datasets().List()) {
    const std::string name = entry->info.name;
    for (size_t i = 0; i < DatasetPromises().size(); ++i) {
      testing::RegisterTest(name.c_str(), DatasetPromises()[i].name, nullptr,
                            nullptr, __FILE__, __LINE__,
                            [name, data_dir, i]() -> Promise* {
                              return new Promise(name, data_dir, i);
                            });
    }
  }
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc > 2) {
    std::cerr << "usage: dataset_kit_main [DATA_DIR]\n";
    return 2;
  }
  if (nclab::Datasets().List().empty()) {
    std::cerr << "No dataset is linked in: name the nclab_dataset() targets in "
                 "deps.\n";
    return 1;
  }
  nclab::RegisterTests(argc == 2 ? argv[1] : "");
  return RUN_ALL_TESTS();
}
