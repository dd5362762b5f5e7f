#include "experiments/records/pack/pack.h"

#include <cmath>
#include <filesystem>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

RunRecords Runs() {
  RunRecords runs;
  RunRecord& done = runs["runs/a"];
  done.spec = "{\n  \"lr\": 0.1,\n  \"version\": 3\n}\n";
  done.measurement = "{\n  \"grid\": []\n}\n";
  done.manifest = "{\n  \"z\": 1,\n  \"a\": [\n    2\n  ]\n}\n";
  done.rows = {{0, "train", "", "loss", "", 0.1 + 0.2},
               {0, "test", "features", "knn(k=3,p=1)", "own", 5e-324},
               {7, "test", "features", "cdnv", "own", std::nan("")}};
  runs["runs/b"].problem = "The loss became nan at step 3, \"so\".";
  runs["runs/b"].diverged = true;
  runs["runs/c"].rows = {{1, "train", "", "loss", "", 2}};
  return runs;
}

TEST(Pack, ComesBackExactly) {
  const std::string directory = EmptyTestDirectory();
  EXPECT_FALSE(IsPacked(directory));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunRecords none, ReadPack(directory));
  EXPECT_TRUE(none.empty());
  ASSERT_THAT(WritePack(directory, Runs()), IsOk());
  EXPECT_TRUE(IsPacked(directory));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunRecords back, ReadPack(directory));
  ASSERT_EQ(back.size(), 3u);
  for (const auto& [name, run] : Runs()) {
    const RunRecord& same = back.at(name);
    EXPECT_EQ(same.spec, run.spec);
    EXPECT_EQ(same.measurement, run.measurement);
    EXPECT_EQ(same.manifest, run.manifest);
    EXPECT_EQ(same.problem, run.problem);
    EXPECT_EQ(same.diverged, run.diverged);
    EXPECT_EQ(ToCsv(same.rows), ToCsv(run.rows));
  }
}

TEST(Pack, HasTheSameBytesForTheSameRuns) {
  const std::string directory = EmptyTestDirectory();
  std::string bytes[2];
  for (std::string& of : bytes) {
    ASSERT_THAT(WritePack(directory, Runs()), IsOk());
    for (const char* name : {kPackedRows, kPackedRuns}) {
      of += *ReadFile(directory + "/" + name);
    }
    std::filesystem::remove(directory + "/" + kPackedRows);
  }
  EXPECT_EQ(bytes[0], bytes[1]);
}

TEST(Pack, NamesTheFileThatIsDamaged) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WritePack(directory, Runs()), IsOk());
  for (const char* name : {kPackedRows, kPackedRuns}) {
    const std::string path = directory + "/" + name;
    const std::string bytes = *ReadFile(path);
    std::string flipped = bytes;
    flipped[flipped.size() - 6] ^= 1;  // in the sum, and in the last brackets
    for (const std::string& damage :
         {flipped, bytes.substr(0, bytes.size() / 2), std::string()}) {
      ASSERT_THAT(WriteFileAtomically(path, damage), IsOk());
      EXPECT_THAT(ReadPack(directory), StatusIs(absl::StatusCode::kDataLoss,
                                                testing::HasSubstr(path)));
    }
    ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
  }
  std::filesystem::remove(directory + "/" + kPackedRows);
  EXPECT_THAT(ReadPack(directory), StatusIs(absl::StatusCode::kDataLoss,
                                            testing::HasSubstr(kPackedRows)));
}

}  // namespace
}  // namespace nclab
