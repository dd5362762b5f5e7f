#include "experiments/records/manifest.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;
using Json = nlohmann::json;

Json ReadManifest(const std::string& directory) {
  return Json::parse(*ReadFile(directory + "/manifest.json"));
}

TEST(Manifest, KeepsTheFactsAndSumsButNoPlaceOfThisMachine) {
  const std::string directory = EmptyTestDirectory();
  ManifestFacts facts = {"abc123", "cuda:0", "NVIDIA H200", 3, 10};
  facts.files = {{"/home/me/data/train.bin", "00ff", true},
                 {"/home/me/data/test.bin", "11ee", false}};
  facts.train_samples = 5000;
  facts.steps_per_epoch = 39;
  facts.libtorch = "2.15.0";
  ASSERT_THAT(BeginManifest(directory, facts), IsOk());
  const Json json = ReadManifest(directory);
  EXPECT_EQ(json["commit"], "abc123");
  EXPECT_EQ(json["device"], "cuda:0");
  EXPECT_EQ(json["gpu"], "NVIDIA H200");
  EXPECT_EQ(json["threads"], 3);
  EXPECT_EQ(json["classes"], 10);
  EXPECT_EQ(json["dataset_files"][0]["name"], "train.bin");
  EXPECT_EQ(json["dataset_files"][1]["sha256"], "11ee");
  EXPECT_EQ(json["dataset_official"], false);
  EXPECT_THAT(json.dump(), testing::Not(HasSubstr("/home/me")));
  EXPECT_EQ(json["train_samples"], 5000);
  EXPECT_EQ(json["steps_per_epoch"], 39);
  EXPECT_EQ(json["libtorch"], "2.15.0");
}

TEST(Manifest, HoldsARunToTheNetworkFileThatItBeganWith) {
  const std::string directory = EmptyTestDirectory();
  const std::vector<SourceFile> then = {{"/home/me/net.pt", "00ff", false}};
  EXPECT_THAT(CheckModelFiles(directory, then), IsOk()) << "no manifest yet";
  ManifestFacts facts = {"", "cpu", "", 1, 10, {}};
  facts.model_files = then;
  ASSERT_THAT(BeginManifest(directory, facts), IsOk());
  const Json json = ReadManifest(directory);
  EXPECT_EQ(json["model_files"][0]["name"], "net.pt");
  EXPECT_EQ(json["model_files"][0]["sha256"], "00ff");
  EXPECT_THAT(json.dump(), testing::Not(HasSubstr("/home/me")));
  EXPECT_THAT(CheckModelFiles(directory, then), IsOk());
  EXPECT_THAT(CheckModelFiles(directory, {{"/home/me/net.pt", "11ee", false}}),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       testing::AllOf(HasSubstr("/home/me/net.pt had the "
                                                "SHA-256 00ff"),
                                      HasSubstr("now it has 11ee"))));
}

TEST(Manifest, CountsStartsAndKeepsTheFirstTime) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(BeginManifest(directory, {"", "cpu", "", 1, 10, {}}), IsOk());
  Json first = ReadManifest(directory);
  EXPECT_EQ(first["starts"], 1);
  EXPECT_TRUE(first["commit"].is_null());
  first["started"] = "2001-01-01T00:00:00Z";
  ASSERT_THAT(WriteFileAtomically(directory + "/manifest.json", first.dump()),
              IsOk());
  ASSERT_THAT(BeginManifest(directory, {"", "cpu", "", 1, 10, {}}), IsOk());
  EXPECT_EQ(ReadManifest(directory)["starts"], 2);
  EXPECT_EQ(ReadManifest(directory)["started"], "2001-01-01T00:00:00Z");
}

TEST(Manifest, StartsAnewWhereTheOldOneCannotBeRead) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WriteFileAtomically(directory + "/manifest.json", "{\"sta"),
              IsOk());
  ASSERT_THAT(BeginManifest(directory, {"", "cpu", "", 1, 10, {}}), IsOk());
  EXPECT_EQ(ReadManifest(directory)["starts"], 1);
}

TEST(Manifest, EndsWithTheLastStepAndTheRate) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(BeginManifest(directory, {"", "cpu", "", 1, 10, {}}), IsOk());
  ASSERT_THAT(FinishManifest(directory, 400, 12.5), IsOk());
  const Json json = ReadManifest(directory);
  EXPECT_EQ(json["last_step"], 400);
  EXPECT_EQ(json["steps_per_second"], 12.5);
  EXPECT_GT(json["peak_memory_bytes"].get<int64_t>(), 1000000);
  EXPECT_EQ(json["device"], "cpu");
  EXPECT_TRUE(json["gpu"].is_null());
}

TEST(RunLog, HasTheLinesOfItsLifeAndNoOthers) {
  const std::string path = EmptyTestDirectory() + "/log.txt";
  LOG(INFO) << "before";
  {
    const RunLog log(path);
    LOG(INFO) << "while it lives";
  }
  LOG(INFO) << "after";
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string text, ReadFile(path));
  EXPECT_THAT(text, HasSubstr("while it lives"));
  EXPECT_THAT(text, testing::Not(HasSubstr("before")));
  EXPECT_THAT(text, testing::Not(HasSubstr("after")));
}

}  // namespace
}  // namespace nclab
