#include "experiments/execution/outputs/reuse.h"

#include <filesystem>

#include "absl/strings/str_replace.h"
#include "experiments/records/manifest.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical_of.h"
#include "experiments/training/data/data_check.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

RunSpec SomeSpec() {
  RunSpec spec;
  spec.dataset =
      "gaussian_etf(num_classes=2,per_class=20,test_samples=4,dim=8)";
  spec.model = "mlp(width=8,depth=1)";
  return CanonicalOf(spec);
}

// A run's directory as a finished one leaves it, with `text` for its spec.
std::string Finished(const std::string& out, const std::string& text) {
  const std::string run = out + "/runs/" + RunName(SomeSpec());
  fs::create_directories(run + "/checkpoints");
  EXPECT_THAT(WriteFileAtomically(run + "/spec.json", text), IsOk());
  EXPECT_THAT(WriteFileAtomically(run + "/metrics.csv", "rows"), IsOk());
  EXPECT_THAT(WriteFileAtomically(run + "/.lock", "1"), IsOk());
  EXPECT_THAT(WriteFileAtomically(run + "/checkpoints/step-1.safetensors", "w"),
              IsOk());
  EXPECT_THAT(WriteFileAtomically(run + "/DONE", ""), IsOk());
  return run;
}

std::string Find(const std::string& out) {
  DataAtHand data("");
  const auto found = FindFinishedRun(out, RunName(SomeSpec()),
                                     [&](const std::string& directory) {
                                       return data.Fits(directory, SomeSpec());
                                     });
  EXPECT_THAT(found, IsOk());
  return found.value_or("");
}

TEST(ReuseTest, TakesAFinishedRunOfAnotherOutput) {
  const std::string root = EmptyTestDirectory();
  const std::string from = Finished(root + "/fig1", ToJson(SomeSpec()));
  const std::string out = root + "/fig3";
  EXPECT_EQ(Find(out), from);
  const PlannedRun run = {SomeSpec(), out + "/runs/" + RunName(SomeSpec())};
  ASSERT_THAT(AdoptRun(from, run), IsOk());
  for (const char* file : {"/spec.json", "/metrics.csv", "/DONE",
                           "/checkpoints/step-1.safetensors"}) {
    EXPECT_EQ(*ReadFile(run.directory + file), *ReadFile(from + file)) << file;
  }
  EXPECT_FALSE(FileExists(run.directory + "/.lock"));
  // Nothing is left beside it, and what is there stays.
  EXPECT_EQ(std::distance(fs::directory_iterator(out + "/runs"), {}), 1);
  EXPECT_THAT(WriteFileAtomically(run.directory + "/metrics.csv", "mine"),
              IsOk());
  ASSERT_THAT(AdoptRun(from, run), IsOk());
  EXPECT_EQ(*ReadFile(run.directory + "/metrics.csv"), "mine");
  EXPECT_EQ(*ReadFile(from + "/metrics.csv"), "rows");
}

TEST(ReuseTest, TakesASpecInAnotherLayout) {
  const std::string root = EmptyTestDirectory();
  const std::string from = Finished(
      root + "/fig1", absl::StrReplaceAll(ToJson(SomeSpec()), {{"\n ", ""}}));
  EXPECT_EQ(Find(root + "/fig3"), from);
}

TEST(ReuseTest, TakesNoRunBesideOneOfOtherData) {
  const std::string root = EmptyTestDirectory();
  const std::string a = Finished(root + "/fig1", ToJson(SomeSpec()));
  const std::string b = Finished(root + "/fig2", ToJson(SomeSpec()));
  const PlannedRun run = {SomeSpec(), a};
  ASSERT_THAT(AdoptRun(b, run), IsOk()) << "nothing is known";
  ManifestFacts facts = {};
  facts.files = {{"data/x", "1", false}};
  ASSERT_THAT(BeginManifest(a, facts), IsOk());
  ASSERT_THAT(BeginManifest(b, facts), IsOk());
  ASSERT_THAT(AdoptRun(b, run), IsOk());
  facts.files[0].sha256 = "2";
  ASSERT_THAT(BeginManifest(b, facts), IsOk());
  EXPECT_THAT(AdoptRun(b, run),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       testing::HasSubstr("was made from other data")));
}

// Of a run that measured something else: from what it kept.
TEST(ReuseTest, TakesARunThatAnswersWhatIsAsked) {
  const std::string root = EmptyTestDirectory();
  const std::string from = Finished(root + "/fig1", ToJson(SomeSpec()));
  Measurement little = SomeSpec();
  little.metrics = {"loss"};
  little.grid = {0, 1};
  const RunDirectory run(from);
  ASSERT_THAT(run.WriteMeasurement(little), IsOk());
  EXPECT_EQ(Find(root + "/fig3"), "") << "it has not the rows";
  fs::create_directories(from + "/moments");
  ASSERT_THAT(WriteFileAtomically(run.Moments(0), "kept"), IsOk());
  EXPECT_EQ(Find(root + "/fig3"), from);
  // A checkpoint that it did not keep cannot be made from that.
  RunSpec spec = SomeSpec();
  spec.save_steps = {1};
  DataAtHand data("");
  EXPECT_TRUE(data.Fits(from, spec));
  spec.save_steps = {0, 1};
  EXPECT_FALSE(data.Fits(from, spec));
}

TEST(ReuseTest, TakesNoOther) {
  const std::string root = EmptyTestDirectory();
  const std::string out = root + "/fig3";
  EXPECT_EQ(Find(out), "");
  // Another spec under the same name.
  const std::string from = Finished(root + "/fig1", "{}");
  EXPECT_EQ(Find(out), "");
  // Not finished.
  Finished(root + "/fig1", ToJson(SomeSpec()));
  fs::remove(from + "/DONE");
  EXPECT_EQ(Find(out), "");
  // The output itself is no other output.
  Finished(out, ToJson(SomeSpec()));
  EXPECT_EQ(Find(out), "");
  EXPECT_EQ(Find(out + "/"), "");
  EXPECT_NE(Find(root + "/other/"), "");
}

}  // namespace
}  // namespace nclab
