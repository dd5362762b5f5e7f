#include "experiments/records/events/event_file.h"

#include <cmath>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Bytes that TensorBoard's own writer gives for wall_time = 1.0.
TEST(EventRecord, EqualsTheGoldenFileVersion) {
  EXPECT_EQ(absl::BytesToHexString(EventRecord(FileVersionEvent(1.0))),
            "1800000000000000a37f4b22"
            "09000000000000f03f1a0d627261696e2e4576656e743a32"
            "86bf577a");
}

TEST(EventRecord, EqualsTheGoldenScalar) {
  EXPECT_EQ(
      absl::BytesToHexString(EventRecord(ScalarEvent(1.0, 7, "loss", 0.5f))),
      "1a00000000000000129bd82d"
      "09000000000000f03f10072a0d0a0b0a046c6f7373150000003f"
      "862c9a2f");
}

TEST(ScalarEvent, WritesLargeStepsAsVarints) {
  const std::string event = ScalarEvent(1.0, 300, "a", 0);
  EXPECT_EQ(absl::BytesToHexString(event.substr(9, 3)), "10ac02");
}

// The one events file in `directory`.
std::string EventsPath(const std::string& directory) {
  std::string path;
  for (const auto& entry : fs::directory_iterator(directory)) {
    const std::string name = entry.path().filename().string();
    if (name.find("tfevents") == std::string::npos) continue;
    EXPECT_EQ(path, "") << "more than one events file";
    EXPECT_THAT(name, testing::MatchesRegex(
                          "events\\.out\\.tfevents\\.[0-9]{10}\\..+"));
    path = entry.path().string();
  }
  return path;
}

TEST(EventFile, HoldsAVersionAndThenOneEventPerRow) {
  const std::string directory = EmptyTestDirectory();
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto file, EventFile::Create(directory));
  ASSERT_THAT(
      file->Append({{7, "train", "", "loss", "", 0.5},
                    {7, "test", "fc1.pre", "variance_ratio", "final", 0.25},
                    {7, "test", "features", "cdnv", "own", std::nan("")}},
                   1.0),
      IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string bytes,
                             ReadFile(EventsPath(directory)));
  // The first record's time is now; its size is that of the golden one.
  const size_t version = EventRecord(FileVersionEvent(1.0)).size();
  EXPECT_EQ(
      bytes.substr(version),
      absl::StrCat(EventRecord(ScalarEvent(1.0, 7, "train/loss", 0.5f)),
                   EventRecord(ScalarEvent(
                       1.0, 7, "test/fc1.pre/variance_ratio/final", 0.25f))));
}

TEST(EventFile, ReplacesThoseOfEarlierProcesses) {
  const std::string directory = EmptyTestDirectory();
  const std::string stale = directory + "/events.out.tfevents.1000000000.host";
  const std::string other = directory + "/metrics.csv";
  ASSERT_THAT(WriteFileAtomically(stale, "old"), IsOk());
  ASSERT_THAT(WriteFileAtomically(other, "kept"), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto file, EventFile::Create(directory));
  EXPECT_FALSE(FileExists(stale));
  EXPECT_TRUE(FileExists(other));
  EXPECT_NE(EventsPath(directory), "");
}

TEST(EventFile, SaysThatItCannotBeWritten) {
  EXPECT_THAT(EventFile::Create(EmptyTestDirectory() + "/absent"),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       testing::HasSubstr("absent")));
}

}  // namespace
}  // namespace nclab
