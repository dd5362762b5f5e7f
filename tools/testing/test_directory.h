// A place for the files of one test.
#ifndef NCLAB_TOOLS_TESTING_TEST_DIRECTORY_H_
#define NCLAB_TOOLS_TESTING_TEST_DIRECTORY_H_

#include <filesystem>
#include <string>

#include "gtest/gtest.h"

namespace nclab {

// An empty directory of the running test's own, without a trailing slash.
inline std::string EmptyTestDirectory() {
  const testing::TestInfo* const test =
      testing::UnitTest::GetInstance()->current_test_info();
  const std::filesystem::path path =
      std::filesystem::path(testing::TempDir()) /
      (std::string(test->test_suite_name()) + "." + test->name());
  std::filesystem::remove_all(path);
  std::filesystem::create_directories(path);
  return path.string();
}

}  // namespace nclab

#endif  // NCLAB_TOOLS_TESTING_TEST_DIRECTORY_H_
