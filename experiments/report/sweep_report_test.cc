#include "experiments/report/sweep_report.h"

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using ::testing::HasSubstr;

class SweepReport : public ::testing::Test {
 protected:
  SweepReport() : out_(EmptyTestDirectory()) {
    request_.experiment = kSweep;
    request_.command = "./bazelw run //tools:sweep";
  }

  void Write(const std::string& path, const std::string& text) {
    ASSERT_THAT(WriteFileAtomically(path, text), IsOk());
  }

  // A run with a test accuracy; one that failed if `failure` says why.
  void AddRun(const std::string& cell, int64_t seed, const std::string& value,
              const std::string& failure = "") {
    const std::string relative = absl::StrCat("runs/", cell, seed);
    const std::string directory = absl::StrCat(out_, "/", relative);
    ASSERT_THAT(MakeWritableDirectory(directory), IsOk());
    Write(directory + "/spec.json", "{}");
    Write(directory + "/metrics.csv",
          absl::StrCat("step,split,layer,metric,anchor,value\n"
                       "0,test,,accuracy,,0.125\n5,test,,accuracy,,",
                       value, "\n"));
    if (failure.empty()) {
      Write(directory + "/DONE", "");
    } else {
      Write(directory + "/FAILED", failure + "\n");
    }
    request_.runs.push_back({cell, seed, relative});
  }

  std::string Read(const std::string& name) {
    return ReadFile(absl::StrCat(out_, "/", name)).value_or("");
  }

  std::string out_;
  ReportRequest request_;
};

TEST_F(SweepReport, MeansAreOverTheFinishedRunsOfACell) {
  AddRun("lr=1", 0, "0.25");
  AddRun("lr=1", 1, "0.5");
  AddRun("lr=2", 0, "0.75");
  AddRun("lr=2", 1, "0.875", "it \"burst\"");
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string table,
                             WriteSweepReport(out_, request_));
  // Only what some run has is a column.
  EXPECT_EQ(table,
            "runs       test accuracy  cell\n"
            "   2               0.375  lr=1\n"
            "   1                0.75  lr=2\n");
  EXPECT_EQ(Read("sweep.csv"),
            "run,cell,seed,test accuracy,problem\n"
            "lr=10,lr=1,0,0.25,\n"
            "lr=11,lr=1,1,0.5,\n"
            "lr=20,lr=2,0,0.75,\n"
            "lr=21,lr=2,1,nan,\"it \"\"burst\"\"\"\n");
  EXPECT_EQ(Read("figure.csv"),
            "panel,series,seed,x,y\n"
            "test accuracy,lr=1,0,0,0.125\ntest accuracy,lr=1,0,5,0.25\n"
            "test accuracy,lr=2,0,0,0.125\ntest accuracy,lr=2,0,5,0.75\n"
            "test accuracy,lr=1,1,0,0.125\ntest accuracy,lr=1,1,5,0.5\n");
  const std::string page = Read("report.html");
  EXPECT_THAT(page, HasSubstr("it &quot;burst&quot;"));
  EXPECT_THAT(page, HasSubstr("./bazelw run //tools:sweep"));
  for (const char* words :
       {"<h2>Claims", "paper did", "<h2>Decisions", "Grey: what"}) {
    EXPECT_EQ(page.find(words), std::string::npos) << words;
  }
}

TEST_F(SweepReport, QuotesWhatHasACommaInBothTables) {
  AddRun("model=mlp(width=2,depth=1)", 0, "0.25");
  ASSERT_THAT(WriteSweepReport(out_, request_), IsOk());
  EXPECT_THAT(Read("sweep.csv"),
              HasSubstr("\n\"model=mlp(width=2,depth=1)0\",\"model=mlp(width=2,"
                        "depth=1)\",0,0.25,\n"));
  EXPECT_THAT(Read("figure.csv"),
              HasSubstr("\ntest accuracy,\"model=mlp(width=2,depth=1)\",0,0,"));
}

TEST_F(SweepReport, IsWrittenWhereNoRunFinished) {
  AddRun("lr=1", 0, "0.25", "no memory");
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string table,
                             WriteSweepReport(out_, request_));
  EXPECT_THAT(table, HasSubstr("   0                none"));
  EXPECT_THAT(Read("report.html"), HasSubstr("no memory"));
  EXPECT_NE(Read("figure.svg"), "");
}

}  // namespace
}  // namespace nclab
