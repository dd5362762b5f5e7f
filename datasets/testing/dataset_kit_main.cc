// The test behind nclab_dataset_kit_test: every promise, for every dataset that
// is linked in. Argument: the directory of the datasets' files, if any.
#include <iostream>
#include <string>

#include "datasets/testing/dataset_kit.h"
#include "gtest/gtest.h"
#include "tools/testing/kit_main.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

void RegisterTests(const std::string& data_dir) {
  for (const auto* entry : Datasets().List()) {
    const std::string name = entry->info.name;
    for (const DatasetPromise& promise : DatasetPromises()) {
      RegisterPromise("dataset", name, promise.name, [=]() {
        const std::string scratch = EmptyTestDirectory();
        DatasetUnderTest dataset(
            name, data_dir.empty() ? scratch + "/no-files" : data_dir, scratch);
        return promise.check(dataset);
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
