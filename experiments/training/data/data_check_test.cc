#include "experiments/training/data/data_check.h"

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "experiments/records/manifest.h"
#include "experiments/training/testing/tiny_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;
using State = RunOutcome::State;

std::string BigEndian(uint32_t n) {
  return {static_cast<char>(n >> 24), static_cast<char>(n >> 16),
          static_cast<char>(n >> 8), static_cast<char>(n)};
}

// 40 + 20 images in MNIST's layout, drawn from `seed`; answers `directory`.
std::string WriteDigits(const std::string& directory, uint32_t seed) {
  EXPECT_THAT(MakeWritableDirectory(directory + "/mnist"), IsOk());
  for (const auto& [split, n] :
       {std::pair<const char*, uint32_t>{"train", 40},
        std::pair<const char*, uint32_t>{"t10k", 20}}) {
    std::string images =
        BigEndian(2051) + BigEndian(n) + BigEndian(28) + BigEndian(28);
    std::string labels = BigEndian(2049) + BigEndian(n);
    uint32_t state = seed;
    for (uint32_t i = 0; i < n; ++i) {
      labels += static_cast<char>(i % 10);
      for (int j = 0; j < 28 * 28; ++j) {
        state = state * 1664525 + 1013904223;
        images += static_cast<char>(state >> 24);
      }
    }
    const std::string stem = absl::StrCat(directory, "/mnist/", split);
    EXPECT_THAT(WriteFileAtomically(stem + "-images-idx3-ubyte", images),
                IsOk());
    EXPECT_THAT(WriteFileAtomically(stem + "-labels-idx1-ubyte", labels),
                IsOk());
  }
  return directory;
}

RunSpec DigitsSpec() {
  RunSpec spec;
  spec.dataset = "mnist";
  spec.model = "mlp(width=4,depth=1)";
  spec.steps = 4;
  spec.eval_points = 2;
  spec.metrics = {"loss"};
  return CanonicalOf(spec);
}

class DataCheck : public testing::Test {
 protected:
  absl::StatusOr<RunOutcome> TrainOn(const std::string& data,
                                     bool stop = false) {
    RunOptions options = TinyOptions(run_);
    options.data_dir = data;
    options.stop_requested = [stop] { return stop; };
    return Train(DigitsSpec(), options);
  }
  static auto Refused(const std::string& data) {
    return StatusIs(StatusCode::kFailedPrecondition,
                    AllOf(HasSubstr("was made from other data: "
                                    "train-images-idx3-ubyte had the SHA-256 "),
                          HasSubstr(data + "/mnist/train-images-idx3-ubyte "
                                           "has "),
                          HasSubstr("--data_dir=DIR")));
  }

  const std::string root_ = EmptyTestDirectory();
  const std::string run_ = root_ + "/run";
  const std::string data_ = WriteDigits(root_ + "/data", 1);
};

TEST_F(DataCheck, RefusesToGoOnWithOtherData) {
  NCLAB_ASSERT_OK_AND_ASSIGN(RunOutcome outcome, TrainOn(data_, true));
  ASSERT_EQ(outcome.state, State::kStopped);
  const std::string manifest = BytesOf(run_ + "/manifest.json");
  WriteDigits(data_, 2);
  EXPECT_THAT(TrainOn(data_), Refused(data_));
  EXPECT_EQ(BytesOf(run_ + "/manifest.json"), manifest);
  EXPECT_FALSE(FileExists(run_ + "/DONE"));
  // The same bytes elsewhere are the same data.
  NCLAB_ASSERT_OK_AND_ASSIGN(outcome,
                             TrainOn(WriteDigits(root_ + "/moved", 1)));
  EXPECT_EQ(outcome.state, State::kDone);
}

TEST_F(DataCheck, RefusesToAnswerForOtherData) {
  ASSERT_THAT(TrainOn(data_), IsOk());
  ASSERT_THAT(TrainOn(data_), IsOk());
  WriteDigits(data_, 2);
  EXPECT_THAT(TrainOn(data_), Refused(data_));
  // A finished run is an answer also where its data are not.
  fs::remove_all(data_);
  EXPECT_THAT(TrainOn(data_), IsOk());
  EXPECT_THAT(TrainOn(WriteDigits(data_, 1)), IsOk());
}

TEST_F(DataCheck, LooksAtEveryFile) {
  const std::vector<SourceFile> files = {
      {"/a/x.gz", "1", false}, {"/a/y", "2", false}, {"/b/y", "3", false}};
  const std::string directory = root_ + "/made";
  ASSERT_THAT(MakeWritableDirectory(directory), IsOk());
  EXPECT_THAT(CheckRunData(directory, files), IsOk()) << "no manifest";
  ManifestFacts facts = {};
  facts.files = files;
  ASSERT_THAT(BeginManifest(directory, facts), IsOk());
  EXPECT_THAT(CheckRunData(directory, files), IsOk());
  EXPECT_THAT(CheckRunData(directory, {{"/c/y", "3", true},
                                       {"/c/x", "1", true},
                                       {"/d/y", "2", true}}),
              IsOk())
      << "raw or .gz, wherever";
  auto other = files;
  other[2].sha256 = "4";
  EXPECT_THAT(CheckRunData(directory, other),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("y had the SHA-256 3 (manifest.json there); "
                                 "/b/y has 4.")));
  other = files;
  other.push_back({"/b/z", "5", false});
  EXPECT_THAT(CheckRunData(directory, other),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("z was not among its files")));
  other = {files[0]};
  EXPECT_THAT(CheckRunData(directory, other),
              StatusIs(StatusCode::kFailedPrecondition,
                       HasSubstr("made from 3 files")));
}

// What a figure asks of finished runs elsewhere.
TEST_F(DataCheck, KnowsWhoseDataFit) {
  ASSERT_THAT(TrainOn(data_), IsOk());
  EXPECT_TRUE(DataAtHand(data_).Fits(run_, DigitsSpec()));
  EXPECT_TRUE(
      DataAtHand(WriteDigits(root_ + "/same", 1)).Fits(run_, DigitsSpec()));
  EXPECT_FALSE(
      DataAtHand(WriteDigits(root_ + "/other", 2)).Fits(run_, DigitsSpec()));
  ASSERT_THAT(MakeWritableDirectory(root_ + "/empty"), IsOk());
  EXPECT_FALSE(DataAtHand(root_ + "/empty").Fits(run_, DigitsSpec()));
}

}  // namespace
}  // namespace nclab
