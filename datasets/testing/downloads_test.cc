// What every registered dataset says of the files that it can fetch.
#include "absl/strings/match.h"
#include "absl/strings/strip.h"
#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

using testing::MatchesRegex;

TEST(Downloads, HaveSizesSumsAndSources) {
  for (const auto* entry : Datasets().List()) {
    for (const Download& download : entry->info.downloads) {
      EXPECT_GT(download.bytes, 0) << download.name;
      EXPECT_THAT(download.sha256, MatchesRegex("[0-9a-f]{64}"));
      EXPECT_FALSE(download.urls.empty()) << download.name;
      for (const std::string& url : download.urls) {
        EXPECT_THAT(url, MatchesRegex("https?://[^ ]+"));
        EXPECT_TRUE(absl::EndsWith(url, "/" + download.name)) << url;
      }
    }
  }
}

TEST(Downloads, BringEveryFile) {
  for (const auto* entry : Datasets().List()) {
    const DatasetInfo& info = entry->info;
    if (info.downloads.empty()) continue;
    EXPECT_FALSE(info.terms.empty()) << info.name;
    for (const OfficialFile& file : info.files) {
      int brought = 0;
      for (const Download& download : info.downloads) {
        brought += absl::EndsWith(download.name, ".tar.gz") ||
                   absl::StripSuffix(download.name, ".gz") == file.name;
      }
      EXPECT_EQ(brought, 1) << info.name << " " << file.name;
    }
  }
}

TEST(Downloads, OfSumsThatArePublishedTwiceAgree) {
  for (const auto* entry : Datasets().List()) {
    for (const Download& download : entry->info.downloads) {
      for (const OfficialFile& file : entry->info.files) {
        if (file.name != download.name || file.sha256.empty()) continue;
        EXPECT_EQ(file.sha256, download.sha256);
      }
    }
  }
}

TEST(Downloads, AreThereForEveryDatasetThatIsLoaded) {
  for (const auto* entry : Datasets().List()) {
    EXPECT_EQ(entry->info.files.empty(), entry->info.downloads.empty())
        << entry->info.name;
  }
}

}  // namespace
}  // namespace nclab
