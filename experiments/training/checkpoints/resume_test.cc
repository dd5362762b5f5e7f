// What a run does where files of it are damaged, missing or another version's.
#include "experiments/training/checkpoints/resume.h"

#include <cstring>
#include <filesystem>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/training/testing/tiny_run.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using State = RunOutcome::State;

// Stopped at step 40; checkpoints 20 (asked for), 39 and 40.
std::string StoppedRun() {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = TinyOptions(directory);
  options.checkpoint_every = absl::ZeroDuration();
  bool stop = false;
  options.stop_requested = [&] {
    stop = stop ||
           FileExists(RunDirectory(directory).Checkpoint(39));  // just written
    return stop;
  };
  const auto outcome = Train(TinySpec(), options);
  EXPECT_THAT(outcome, IsOk());
  EXPECT_THAT(RunDirectory(directory).CheckpointSteps(),
              ElementsAre(20, 39, 40));
  return directory;
}

std::set<std::string> NamesIn(const std::string& directory) {
  std::set<std::string> names;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    names.insert(entry.path().filename().string());
  }
  return names;
}

// The first step of the next process, as its log tells.
std::string ResumedAt(const std::string& directory) {
  const std::string log = BytesOf(directory + "/log.txt");
  const size_t at = log.rfind("resumed at step ");
  return at == std::string::npos ? "start"
                                 : log.substr(at, log.find('\n', at) - at);
}

void ExpectGoesOn(const std::string& directory, const std::string& from,
                  const std::string& what) {
  fs::remove(directory + "/log.txt");
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(TinySpec(), TinyOptions(directory)));
  EXPECT_EQ(outcome.state, State::kDone) << what;
  EXPECT_EQ(ResumedAt(directory), from) << what;
  EXPECT_TRUE(ResultsOf(directory) == UndisturbedResults()) << what;
  for (const std::string& name : NamesIn(directory + "/checkpoints")) {
    EXPECT_TRUE(absl::StartsWith(name, "step-")) << name;
  }
}

void Flip(const std::string& path, size_t byte) {
  std::string bytes = BytesOf(path);
  bytes.at(byte) ^= 4;
  ASSERT_THAT(WriteFileAtomically(path, bytes), IsOk());
}

void Truncate(const std::string& path, size_t size) {
  fs::resize_file(path, size);
}

TEST(Resume, UsesTheCheckpointBeforeADamagedOne) {
  const std::string stopped = StoppedRun();
  const std::string path = RunDirectory(stopped).Checkpoint(40);
  const std::string bytes = BytesOf(path);
  uint64_t header;
  std::memcpy(&header, bytes.data(), 8);
  // A place in every section: sizes, header, metadata, every tensor.
  std::map<std::string, size_t> places = {
      {"size of the header", 1},
      {"first byte of the header", 8},
      {"metadata", bytes.find("last_evaluated")},
      {"checksum", bytes.find(kChecksumKey) + strlen(kChecksumKey) + 5},
      {"last byte", bytes.size() - 1}};
  NCLAB_ASSERT_OK_AND_ASSIGN(const SafetensorsReader reader,
                             SafetensorsReader::Open(path));
  ASSERT_GT(reader.entries().size(), 10);
  for (const SafetensorsEntry& entry : reader.entries()) {
    places["header of " + entry.name] =
        bytes.find("\"" + entry.name + "\"") + 1;
    places["data of " + entry.name] =
        8 + header + (entry.begin + entry.end) / 2;
  }
  for (const auto& [what, place] : places) {
    const std::string directory = stopped + "-copy";
    fs::remove_all(directory);
    fs::copy(stopped, directory, fs::copy_options::recursive);
    Flip(RunDirectory(directory).Checkpoint(40), place);
    ExpectGoesOn(directory, "resumed at step 39", what);
    EXPECT_THAT(NamesIn(directory + "/damaged"),
                ElementsAre("checkpoints-step-40.safetensors"));
    EXPECT_THAT(BytesOf(directory + "/log.txt"),
                HasSubstr(RunDirectory(directory).Checkpoint(40)));
  }
  for (const size_t size : {size_t{0}, size_t{7}, size_t{100}, bytes.size() / 2,
                            bytes.size() - 1}) {
    const std::string directory = stopped + "-copy";
    fs::remove_all(directory);
    fs::copy(stopped, directory, fs::copy_options::recursive);
    Truncate(RunDirectory(directory).Checkpoint(40), size);
    ExpectGoesOn(directory, "resumed at step 39",
                 absl::StrCat("cut at ", size));
  }
}

TEST(Resume, GoesFurtherBackOrStartsAnewAsFarAsIsDamaged) {
  std::string directory = StoppedRun();
  Truncate(RunDirectory(directory).Checkpoint(40), 9);
  Flip(RunDirectory(directory).Checkpoint(39), 300);
  ExpectGoesOn(directory, "resumed at step 20", "two are damaged");
  directory = StoppedRun();
  for (const int64_t step : {20, 39, 40}) {
    Flip(RunDirectory(directory).Checkpoint(step), 1000);
  }
  ExpectGoesOn(directory, "start", "all are damaged");
  EXPECT_THAT(NamesIn(directory + "/damaged"),
              ElementsAre("checkpoints-step-20.safetensors",
                          "checkpoints-step-39.safetensors",
                          "checkpoints-step-40.safetensors"));
}

TEST(Resume, MakesDamagedMomentsAgainFromACheckpointBeforeThem) {
  const std::vector<int64_t> grid = EvaluationSteps(TinySpec());
  const int64_t late = *std::upper_bound(grid.begin(), grid.end(), 20);
  ASSERT_LT(late, 39);
  std::string directory = StoppedRun();
  Flip(RunDirectory(directory).Moments(late), 500);
  ExpectGoesOn(directory, "resumed at step 20", "moments after step 20");
  EXPECT_THAT(NamesIn(directory + "/damaged"),
              ElementsAre(absl::StrCat("moments-step-", late, ".safetensors")));
  directory = StoppedRun();
  fs::remove(RunDirectory(directory).Moments(20));
  ExpectGoesOn(directory, "start", "moments of step 20 are missing");
}

TEST(Resume, MakesDamagedFeaturesAgain) {
  const std::vector<int64_t> grid = EvaluationSteps(TinySpec());
  const int64_t late = *std::upper_bound(grid.begin(), grid.end(), 20);
  const std::string directory = StoppedRun();
  const std::string path = RunDirectory(directory).Features(late);
  Truncate(path, fs::file_size(path) - 1);
  ExpectGoesOn(directory, "resumed at step 20", "features after step 20");
}

TEST(Resume, UsesLaterCheckpointsOnceWhatTheyNeedIsThereAgain) {
  const std::string directory = StoppedRun();
  fs::remove(RunDirectory(directory).Moments(1));
  RunOptions options = TinyOptions(directory);
  int asked = 0;
  options.stop_requested = [&] { return ++asked > 30; };
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(TinySpec(), options));
  ASSERT_EQ(outcome.state, State::kStopped);
  ASSERT_LT(outcome.step, 39);
  // Its own checkpoint was not pruned in favour of the later ones.
  EXPECT_THAT(RunDirectory(directory).CheckpointSteps(),
              testing::Contains(outcome.step));
  ExpectGoesOn(directory, "resumed at step 40", "moments are there again");
}

TEST(Resume, TakesFilesOfVersionsThatWroteNoChecksum) {
  const std::string directory = StoppedRun();
  for (const std::string& path : {RunDirectory(directory).Checkpoint(40),
                                  RunDirectory(directory).Moments(20)}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(TensorFile file, LoadTensors(path));
    file.metadata.erase(kChecksumKey);
    file.metadata.erase("nclab.format");
    ASSERT_THAT(SaveTensors(path, file.tensors, file.metadata), IsOk());
  }
  ExpectGoesOn(directory, "resumed at step 40", "no checksums");
}

TEST(Resume, RefusesFilesOfALaterVersion) {
  const std::string directory = StoppedRun();
  const std::string path = RunDirectory(directory).Checkpoint(40);
  NCLAB_ASSERT_OK_AND_ASSIGN(TensorFile file, LoadTensors(path));
  file.metadata["nclab.format"] = "2";
  ASSERT_THAT(SaveTensors(path, file.tensors, file.metadata), IsOk());
  EXPECT_THAT(
      Train(TinySpec(), TinyOptions(directory)),
      StatusIs(absl::StatusCode::kFailedPrecondition,
               AllOf(HasSubstr(path), HasSubstr("another version of nclab"))));
  EXPECT_TRUE(FileExists(path));
}

TEST(Resume, RefusesACheckpointOfAnotherVersionOfTheModel) {
  const std::string directory = StoppedRun();
  const std::string path = RunDirectory(directory).Checkpoint(40);
  NCLAB_ASSERT_OK_AND_ASSIGN(TensorFile file, LoadTensors(path));
  file.tensors.erase("fc2.weight");
  ASSERT_THAT(SaveTensors(path, file.tensors, file.metadata), IsOk());
  EXPECT_THAT(Train(TinySpec(), TinyOptions(directory)),
              StatusIs(absl::StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(path), HasSubstr("fc2.weight"))));
}

TEST(Resume, MakesADamagedTableAgainWithoutTraining) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(TinySpec(), TinyOptions(directory)), IsOk());
  const RunDirectory run(directory);
  const std::string csv = directory + "/metrics.csv";
  const std::string whole = BytesOf(csv);
  std::string flipped = whole;
  flipped[whole.rfind('5')] = '6';  // a digit: it still parses
  for (const std::string& bytes :
       {flipped, whole.substr(0, whole.size() / 2), std::string()}) {
    ASSERT_THAT(WriteFileAtomically(csv, bytes), IsOk());
    EXPECT_FALSE(run.Done());
    EXPECT_THAT(run.FailureReason(), HasSubstr(csv));
    EXPECT_THAT(run.ReadMetrics(),
                StatusIs(absl::StatusCode::kDataLoss, HasSubstr(csv)));
    ExpectGoesOn(directory, absl::StrCat("resumed at step ", kTinySteps),
                 "a damaged table");
    EXPECT_TRUE(run.Done());
    EXPECT_EQ(run.FailureReason(), "");
  }
  fs::remove(csv);
  EXPECT_FALSE(run.Done());
  ExpectGoesOn(directory, absl::StrCat("resumed at step ", kTinySteps),
               "no table");
}

TEST(Resume, RemovesWhatAKilledProcessLeftHalfWritten) {
  const std::string directory = StoppedRun();
  for (const char* name :
       {"checkpoints/.step-41.safetensors.tmp", ".metrics.csv.tmp",
        "moments/.step-41.safetensors.tmp"}) {
    ASSERT_THAT(WriteFileAtomically(absl::StrCat(directory, "/", name), "half"),
                IsOk());
  }
  ExpectGoesOn(directory, "resumed at step 40", "temporary files");
  for (const char* place : {"", "/checkpoints", "/moments"}) {
    for (const std::string& name : NamesIn(directory + place)) {
      EXPECT_FALSE(absl::EndsWith(name, ".tmp")) << name;
    }
  }
}

// A child whose checkpoints are all damaged starts from its parent's again.
TEST(Resume, AChildStartsAnewFromItsParent) {
  const std::string runs = EmptyTestDirectory();
  ASSERT_THAT(Train(TinySpec(), TinyOptions(runs + "/" + RunName(TinySpec()))),
              IsOk());
  const RunSpec child = ChildOf(TinySpec(), 20);
  ASSERT_THAT(Train(child, TinyOptions(runs + "/whole")), IsOk());
  RunOptions options = TinyOptions(runs + "/damaged");
  int asked = 0;
  options.stop_requested = [&] { return ++asked > 40; };
  ASSERT_THAT(Train(child, options), IsOk());
  const RunDirectory damaged(runs + "/damaged");
  ASSERT_THAT(damaged.CheckpointSteps(), testing::Not(IsEmpty()));
  for (const int64_t step : damaged.CheckpointSteps()) {
    Truncate(damaged.Checkpoint(step), 20);
  }
  ASSERT_THAT(Train(child, TinyOptions(damaged.path())), IsOk());
  EXPECT_TRUE(ResultsOf(damaged.path()) == ResultsOf(runs + "/whole"));

  // And it says so where the parent's is damaged.
  Flip(RunDirectory(runs + "/" + RunName(TinySpec())).Checkpoint(20), 900);
  EXPECT_THAT(Train(child, TinyOptions(runs + "/third")),
              StatusIs(absl::StatusCode::kDataLoss,
                       AllOf(HasSubstr("step-20.safetensors"),
                             HasSubstr("run the run to start from again"))));
}

}  // namespace
}  // namespace nclab
