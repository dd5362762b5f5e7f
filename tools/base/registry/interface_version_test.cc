// This file is written for a version that never was.
#define NCLAB_WRITTEN_FOR 0, 7
#include "tools/base/registry/interface_version.h"

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tools/base/registry/registry.h"

namespace nclab {
namespace {

constexpr int kMajor = NCLAB_INTERFACE_MAJOR, kMinor = NCLAB_INTERFACE_MINOR;

TEST(InterfaceVersion, TakesItsOwnAndEarlierOnesOfItsMajor) {
  for (int minor = 0; minor <= kMinor; ++minor) {
    EXPECT_TRUE(CheckInterface(kMajor, minor, "mine/net.cc", 7));
  }
}

TEST(InterfaceVersion, AbortsOnLaterOnesAndOtherMajorsNamingPlaceAndVersions) {
  const std::string ours =
      absl::StrCat("this is version ", kMajor, ".", kMinor);
  EXPECT_DEATH(
      CheckInterface(kMajor, kMinor + 1, "mine/net.cc", 7),
      absl::StrCat("what mine/net.cc:7 registers was written for "
                   "version ",
                   kMajor, ".", kMinor + 1, " of the plugin interface, ", ours,
                   "; build it with a later nclab"));
  EXPECT_DEATH(CheckInterface(kMajor + 1, 0, "mine/net.cc", 7),
               absl::StrCat(ours, "; build it with a later nclab"));
  EXPECT_DEATH(CheckInterface(kMajor - 1, 99, "mine/net.cc", 7),
               absl::StrCat(ours, "; see CHANGELOG.md"));
}

bool Registers(const char*, const char*, int) {
  ADD_FAILURE() << "an item of another interface is looked at";
  return true;
}

TEST(InterfaceVersion, IsCheckedBeforeAnItemIsRegistered) {
  EXPECT_DEATH({ NCLAB_REGISTER(Registers, "item"); },
               absl::StrCat("interface_version_test.cc:[0-9]+ registers was "
                            "written for version 0.7 of the plugin interface, "
                            "this is version ",
                            InterfaceVersion()));
}

}  // namespace
}  // namespace nclab
