#include "experiments/report/report.h"

#include <cstdlib>

#include "absl/strings/str_cat.h"
#include "experiments/records/pack/pack.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/facts/page_input.h"
#include "experiments/statistics.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"

namespace nclab {
namespace {

using Json = nlohmann::json;

// Three cells whose test variance falls with their size, one that preset small
// leaves out.
Experiment ThreeSizes() {
  Experiment e;
  e.title = "Three sizes";
  std::vector<Number> y;
  for (const char* name : {"a", "b", "c", "d"}) {
    e.cells.push_back({name, RunSpec()});
    y.push_back(At(name, TrainVariance()));
  }
  e.presets = {{"paper", "as in the paper", {}, {0, 1, 2}},
               {"small", "less", {}, {0, 1, 2}, {{{{"cell", "d"}}, {}, true}}},
               {"smoke", "least", {}, {0}}};
  Panel panel;
  panel.id = "p";
  panel.curves = {{"a", TrainVariance(), "TrainVariance"}};
  e.panels = {panel};
  e.claims = {{"grows", "it grows", "rank correlation",
               RankCorrelation({1, 2, 3, 4}, y, +1)}};
  return e;
}

NCLAB_REGISTER_EXPERIMENT({.name = "three_sizes"}, ThreeSizes);

class WriteReportTest : public ::testing::Test {
 protected:
  WriteReportTest()
      : out_(absl::StrCat(
            std::getenv("TEST_TMPDIR"), "/",
            ::testing::UnitTest::GetInstance()->current_test_info()->name())) {}

  // A run with one number; `done` is whether it finished.
  void AddRun(const std::string& cell, int64_t seed, double value,
              bool official = true, bool done = true) {
    const std::string relative = absl::StrCat("runs/", cell, seed);
    const std::string directory = absl::StrCat(out_, "/", relative);
    ASSERT_TRUE(MakeWritableDirectory(directory).ok());
    const auto write = [&](const std::string& name, const std::string& text) {
      ASSERT_TRUE(WriteFileAtomically(directory + "/" + name, text).ok());
    };
    write("spec.json", "{}");
    write("manifest.json", official ? "{}" : R"({"dataset_official": false})");
    write("metrics.csv", absl::StrCat("step,split,layer,metric,anchor,value\n"
                                      "5,train,features,variance_ratio,final,",
                                      value, "\n"));
    if (done) write("DONE", "");
    request_.runs.push_back({cell, seed, relative});
  }

  // The one claim after WriteReport().
  Json Claim() {
    request_.experiment = "three_sizes";
    const auto judgements = WriteReport(out_, request_);
    EXPECT_TRUE(judgements.ok()) << judgements.status();
    const auto text = ReadFile(out_ + "/claims.json");
    EXPECT_TRUE(text.ok());
    return Json::parse(*text)[0];
  }

  std::string out_;
  ReportRequest request_;
};

TEST_F(WriteReportTest, JudgesWhatIsThereAndWritesEveryOutput) {
  request_.preset = "paper";
  for (const int64_t seed : {0, 1, 2}) {
    AddRun("a", seed, 1);
    AddRun("b", seed, 2);
    AddRun("c", seed, 3);
    AddRun("d", seed, 4);
  }
  EXPECT_EQ(Claim()["verdict"], "reproduced");
  for (const char* file :
       {"report.html", "figure.svg", "figure.png", "figure.pdf", "figure.csv",
        "figure.vl.json", "claims.json"}) {
    const auto text = ReadFile(absl::StrCat(out_, "/", file));
    EXPECT_TRUE(text.ok() && !text->empty()) << file;
  }
}

TEST_F(WriteReportTest, InfersNothingWhereOnlyLeftACellOut) {
  request_.preset = "paper";
  request_.only = {"cell=a|b|c"};
  for (const int64_t seed : {0, 1, 2}) {
    AddRun("a", seed, 1);
    AddRun("b", seed, 2);
    AddRun("c", seed, 3);
  }
  const Json claim = Claim();
  EXPECT_EQ(claim["verdict"], "not run");
  EXPECT_TRUE(claim["value"].is_null());
}

TEST_F(WriteReportTest, TakesAnythingForAManifest) {
  request_.preset = "small";
  AddRun("a", 0, 1);
  for (const char* manifest :
       {"[]", "1", R"({"dataset_official": "no", "commit": 7})"}) {
    const std::string path =
        absl::StrCat(out_, "/", request_.runs[0].directory, "/manifest.json");
    ASSERT_TRUE(WriteFileAtomically(path, manifest).ok());
    EXPECT_EQ(Claim()["verdict"], "not run") << manifest;
  }
}

TEST_F(WriteReportTest, InfersNothingWhereARunDidNotFinish) {
  request_.preset = "small";
  for (const int64_t seed : {0, 1, 2}) {
    AddRun("a", seed, 1);
    AddRun("b", seed, 2);
    AddRun("c", seed, 3, /*official=*/true, /*done=*/seed != 1);
  }
  EXPECT_EQ(Claim()["verdict"], "not run");
}

TEST_F(WriteReportTest, TellsARunThatDivergedFromOneThatFailedOtherwise) {
  AddRun("a", 0, 1, /*official=*/true, /*done=*/false);
  const auto with = [&](const std::string& file, const std::string& text) {
    const ReportRun& run = request_.runs[0];
    EXPECT_TRUE(WriteFileAtomically(
                    absl::StrCat(out_, "/", run.directory, "/", file), text)
                    .ok());
    return RowsOf({FactsOf(run, ReadRecord(RunDirectory(absl::StrCat(
                                    out_, "/", run.directory))))})[0]["a"];
  };
  // By the state on disk, not by words.
  EXPECT_FALSE(with("FAILED", "The loss became nan at step 3\n").diverged);
  EXPECT_TRUE(with("DIVERGED", "3\n").diverged);
}

TEST_F(WriteReportTest, JudgesByThePresetsCells) {
  request_.preset = "small";
  for (const int64_t seed : {0, 1, 2}) {
    AddRun("a", seed, 1);
    AddRun("b", seed, 2);
    AddRun("c", seed, 3);
  }
  EXPECT_EQ(Claim()["verdict"], "trend only");
}

TEST_F(WriteReportTest, ReproducesNothingOnOtherData) {
  request_.preset = "paper";
  for (const int64_t seed : {0, 1, 2}) {
    AddRun("a", seed, 1, /*official=*/false);
    AddRun("b", seed, 2);
    AddRun("c", seed, 3);
    AddRun("d", seed, 4);
  }
  const Json claim = Claim();
  EXPECT_EQ(claim["verdict"], "trend only");
  EXPECT_NE(claim["why"].get<std::string>().find("official data"),
            std::string::npos);
}

TEST(ReportRequest, ComesBackFromItsJson) {
  const ReportRequest request = {
      "fig4",        "small", {{"lr", "1"}}, {"cell=a"}, {{"a", 3, "runs/x"}},
      "./bazelw run"};
  const auto again = ReportRequestFromJson("p", ToJson(request));
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(ToJson(*again), ToJson(request));
  const auto bad = ReportRequestFromJson("p", "{}");
  EXPECT_NE(bad.status().message().find("p is not"), std::string::npos);
}

}  // namespace
}  // namespace nclab
