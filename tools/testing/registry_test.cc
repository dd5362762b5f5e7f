// The test behind nclab_registry_test. Arguments: package, and what the
// BUILD file lists: NAME, registered by NAME.cc, or FILE:NAME,NAME..., all of
// them registered by FILE.cc. The package's sources are among the runfiles.
#include <algorithm>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/registered_names.h"

namespace nclab {
namespace {

std::string package;
std::vector<std::string> listed_names;
std::vector<std::string> listed_sources;

// Base names of the package's sources that register something, sorted.
std::vector<std::string> RegisteringSources() {
  std::vector<std::string> names;
  // A test starts in the root of its workspace's runfiles.
  for (const auto& entry :
       std::filesystem::directory_iterator("./" + package)) {
    if (entry.path().extension() != ".cc") continue;
    const absl::StatusOr<std::string> source = ReadFile(entry.path().string());
    EXPECT_TRUE(source.ok()) << source.status();
    if (source.ok() && absl::StrContains(*source, "NCLAB_REGISTER_")) {
      names.push_back(entry.path().stem().string());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

TEST(Registry, HoldsWhatTheBuildFileLists) {
  EXPECT_THAT(RegisteredNames(),
              testing::UnorderedElementsAreArray(listed_names))
      << "A name that is listed but not registered: does its .cc file register "
         "it, and does its target set alwayslink? A name that is registered "
         "but not listed: add it to the list in "
      << package << "/BUILD.";
}

TEST(Registry, HoldsEverySourceThatRegisters) {
  EXPECT_THAT(RegisteringSources(),
              testing::UnorderedElementsAreArray(listed_sources))
      << "Every .cc file with NCLAB_REGISTER_ has a line in " << package
      << "/BUILD, and is named like what it registers or like its family.";
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (argc < 2) {
    std::cerr << "usage: registry_test PACKAGE NAME...\n";
    return 2;
  }
  nclab::package = argv[1];
  for (int i = 2; i < argc; ++i) {
    const std::vector<std::string> parts = absl::StrSplit(argv[i], ':');
    nclab::listed_sources.push_back(parts.front());
    for (const auto& name : absl::StrSplit(parts.back(), ',')) {
      nclab::listed_names.emplace_back(name);
    }
  }
  return RUN_ALL_TESTS();
}
