// Whole runs on a hundred digits.
#include "experiments/training/training.h"

#include <cmath>
#include <cstring>
#include <filesystem>
#include <map>
#include <random>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/recipes/recording/pretended_recorder.h"
#include "experiments/recipes/recording/recorder.h"
#include "experiments/records/records.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical_of.h"
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
using State = RunOutcome::State;

// Three whole batches and a partial one.
RunSpec Digits() {
  RunSpec spec = TinySpec();
  spec.dataset = "mnist(train_per_class=10,test_per_class=5)";
  spec.model = "mlp(width=16,depth=2)";
  return CanonicalOf(spec);
}

// The result of an uninterrupted run, made once.
const std::string& Uninterrupted() {
  static const auto* const results = [] {
    const std::string directory = testing::TempDir() + "/uninterrupted";
    const auto outcome = Train(Digits(), TinyOptions(directory));
    EXPECT_THAT(outcome, IsOk());
    return new std::string(ResultsOf(directory));
  }();
  return *results;
}

// Counts of (tag, step) in the one events file of `directory`.
std::map<std::string, int> EventCounts(const std::string& directory) {
  std::map<std::string, int> counts;
  for (const auto& entry : fs::directory_iterator(directory)) {
    if (entry.path().filename().string().find("tfevents") ==
        std::string::npos) {
      continue;
    }
    const std::string bytes = BytesOf(entry.path().string());
    for (size_t at = 0; at + 16 <= bytes.size();) {
      uint64_t size;
      std::memcpy(&size, bytes.data() + at, 8);
      // Between the time in front and the value at the end: step and tag.
      ++counts[bytes.substr(at + 12 + 9, size - 9 - 4)];
      at += 16 + size;
    }
  }
  return counts;
}

TEST(Train, WritesWhatARunDirectoryHolds) {
  const std::string directory = EmptyTestDirectory() + "/run";
  const RunSpec spec = Digits();
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(spec, TinyOptions(directory)));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(outcome.step, kTinySteps);
  EXPECT_EQ(BytesOf(directory + "/spec.json"), ToJson(spec));
  for (const char* name : {"DONE", "manifest.json", "log.txt"}) {
    EXPECT_TRUE(FileExists(absl::StrCat(directory, "/", name))) << name;
  }
  EXPECT_FALSE(FileExists(directory + "/FAILED"));

  const RunDirectory run(directory);
  EXPECT_THAT(run.CheckpointSteps(), testing::ElementsAre(20, kTinySteps));
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const auto checkpoint,
      SafetensorsReader::Open(run.Checkpoint(kTinySteps)));
  for (const char* name : {"fc1.weight", "fc2.bias", "head.weight"}) {
    ASSERT_NE(checkpoint.Find(name), nullptr) << name;
    EXPECT_EQ(checkpoint.Find(name)->dtype, "F32");
  }

  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> rows,
                             run.ReadMetrics());
  std::set<int64_t> steps;
  std::map<std::string, double> at_end;
  size_t defined = 0;
  for (const MetricRow& row : rows) {
    steps.insert(row.step);
    defined += !std::isnan(row.value);
    if (row.step == kTinySteps) {
      at_end[absl::StrCat(row.split, "/", row.layer, "/", row.metric, "/",
                          row.anchor)] = row.value;
    }
  }
  EXPECT_THAT(steps, testing::ElementsAreArray(EvaluationSteps(spec)));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Measurement measured,
                             run.ReadMeasurement({}));
  EXPECT_THAT(steps, testing::ElementsAreArray(measured.grid));
  for (const char* layer : {"fc1.pre", "fc1", "fc2.pre", "fc2", "features"}) {
    const std::string name = absl::StrCat("test/", layer, "/variance_ratio/");
    ASSERT_TRUE(at_end.count(name + "own") && at_end.count(name + "final"));
    EXPECT_EQ(at_end[name + "own"], at_end[name + "final"]);
  }
  EXPECT_LT(at_end["train//loss/"], std::log(10)) << "it learns nothing";
  EXPECT_GT(at_end["train//accuracy/"], 0.3) << "it learns nothing";
  // One event per number, and the file's version.
  EXPECT_EQ(EventCounts(directory).size(), defined + 1);
}

TEST(Train, GivesTheSameBytesForTheSameSpec) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(Digits(), TinyOptions(directory)), IsOk());
  EXPECT_TRUE(ResultsOf(directory) == Uninterrupted());
}

TEST(Train, GivesOtherBytesForAnotherSeed) {
  RunSpec spec = Digits();
  spec.seed = 1;
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(CanonicalOf(spec), TinyOptions(directory)), IsOk());
  EXPECT_FALSE(ResultsOf(directory) == Uninterrupted());
}

TEST(Train, GivesTheSameBytesHoweverOftenItIsStopped) {
  std::mt19937 engine(7);
  for (int trial = 0; trial < 5; ++trial) {
    const std::string directory =
        absl::StrCat(EmptyTestDirectory(), "/run", trial);
    std::string stops;
    State state = State::kStopped;
    while (state == State::kStopped) {
      // The first question comes before the first step.
      int left = 1 + static_cast<int>(engine() % 40);
      RunOptions options = TinyOptions(directory);
      options.stop_requested = [&] { return left-- == 0; };
      NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                                 Train(Digits(), options));
      state = outcome.state;
      absl::StrAppend(&stops, " ", outcome.step);
      if (state == State::kStopped) {
        EXPECT_FALSE(FileExists(directory + "/DONE"));
      }
    }
    EXPECT_EQ(state, State::kDone);
    EXPECT_TRUE(ResultsOf(directory) == Uninterrupted())
        << "stopped at" << stops;
    for (const auto& [event, count] : EventCounts(directory)) {
      EXPECT_EQ(count, 1) << event;
    }
  }
}

// After a stop the first steps are done as they are, so what one run replays
// the other computes.
TEST(Train, GivesTheSameBytesWhereStepsAreRecordedHoweverOftenItIsStopped) {
  int replays = 0;
  const auto recording = [&](const std::string& directory) {
    RunOptions options = TinyOptions(directory);
    options.make_recorder = [&](c10::Device) {
      return std::make_unique<PretendedRecorder>(&replays);
    };
    return options;
  };
  const std::string directory = EmptyTestDirectory();
  const std::string whole = directory + "/whole";
  const std::string stopped = directory + "/stopped";
  const RunSpec spec = Digits();
  ASSERT_THAT(Train(spec, recording(whole)), IsOk());
  EXPECT_EQ(replays, kTinySteps - RepeatedWork::kWarmUp);
  for (bool done = false; !done;) {
    RunOptions options = recording(stopped);
    int left = 23;
    options.stop_requested = [&] { return left-- <= 0; };
    NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome, Train(spec, options));
    done = outcome.state == State::kDone;
  }
  EXPECT_TRUE(ResultsOf(stopped) == ResultsOf(whole));
}

TEST(Train, StopsBeforeTheFirstStep) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = TinyOptions(directory);
  options.stop_requested = [] { return true; };
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome stopped,
                             Train(Digits(), options));
  EXPECT_EQ(stopped.state, State::kStopped);
  EXPECT_EQ(stopped.step, 0);
  ASSERT_THAT(Train(Digits(), TinyOptions(directory)), IsOk());
  EXPECT_TRUE(ResultsOf(directory) == Uninterrupted());
}

// As after a kill: evaluations and temporary files beyond the last checkpoint.
TEST(Train, GoesOnFromAnOlderCheckpoint) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(Digits(), TinyOptions(directory)), IsOk());
  fs::remove(directory + "/DONE");
  fs::remove(RunDirectory(directory).Checkpoint(kTinySteps));
  ASSERT_THAT(WriteFileAtomically(
                  directory + "/checkpoints/.step-60.safetensors.tmp", "half"),
              IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(Digits(), TinyOptions(directory)));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_TRUE(ResultsOf(directory) == Uninterrupted());
}

TEST(Train, KeepsTheLastTwoCheckpointsAndThoseAskedFor) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = TinyOptions(directory);
  options.checkpoint_every = absl::ZeroDuration();
  ASSERT_THAT(Train(Digits(), options), IsOk());
  EXPECT_THAT(RunDirectory(directory).CheckpointSteps(),
              testing::ElementsAre(20, kTinySteps - 1, kTinySteps));
  EXPECT_TRUE(ResultsOf(directory) == Uninterrupted());
}

TEST(Train, ReturnsAtOnceForAFinishedRun) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(Digits(), TinyOptions(directory)), IsOk());
  const auto written = fs::last_write_time(directory + "/metrics.csv");
  RunOptions options = TinyOptions(directory);
  options.stop_requested = [] {
    ADD_FAILURE() << "asked a finished run";
    return true;
  };
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(Digits(), options));
  EXPECT_EQ(outcome.state, State::kDone);
  EXPECT_EQ(fs::last_write_time(directory + "/metrics.csv"), written);
}

// A run on other samples that starts from Digits()'s checkpoint at step 20.
RunSpec Child(const std::string& train_part) {
  RunSpec spec = ChildOf(Digits(), 20);
  spec.dataset = "mnist(train_per_class=12,test_per_class=5)";
  spec.train_part = train_part;
  spec.seed = 5;
  return CanonicalOf(spec);
}

// Digits() in the directory where Child() looks for it, beside `name`.
std::string ParentBeside(const std::string& name) {
  const std::string runs = testing::TempDir() + "/" + name;
  const std::string parent = runs + "/" + RunName(Digits());
  EXPECT_THAT(Train(Digits(), TinyOptions(parent)), IsOk());
  return runs;
}

TEST(Train, StartsFromAnotherRunsCheckpointWithANewHead) {
  const std::string runs = ParentBeside("chain");
  ASSERT_THAT(Train(Child("all"), TinyOptions(runs + "/child")), IsOk());
  RunSpec first = Child("all");
  first.save_steps = {0};
  first = CanonicalOf(first);
  ASSERT_THAT(Train(first, TinyOptions(runs + "/first")), IsOk());
  const auto parent = LoadTensors(
      RunDirectory(runs + "/" + ParentRunName(first)).Checkpoint(20));
  const auto start = LoadTensors(RunDirectory(runs + "/first").Checkpoint(0));
  ASSERT_THAT(parent, IsOk());
  ASSERT_THAT(start, IsOk());
  int heads = 0;
  for (const auto& [name, tensor] : start->tensors) {
    if (absl::StartsWith(name, "nclab.")) continue;
    const bool head = absl::StartsWith(name, "head.");
    heads += head;
    EXPECT_EQ(tensor.equal(parent->tensors.at(name)), !head) << name;
  }
  EXPECT_EQ(heads, 2);
}

TEST(Train, AChildThatWasStoppedEndsInTheSameBytes) {
  const std::string runs = ParentBeside("chain_stop");
  ASSERT_THAT(Train(Child("all"), TinyOptions(runs + "/whole")), IsOk());
  RunOptions options = TinyOptions(runs + "/stopped");
  int asked = 0;
  options.stop_requested = [&] { return ++asked == 30; };
  const auto outcome = Train(Child("all"), options);
  ASSERT_THAT(outcome, IsOk());
  ASSERT_EQ(outcome->state, State::kStopped);
  ASSERT_THAT(Train(Child("all"), TinyOptions(runs + "/stopped")), IsOk());
  EXPECT_EQ(ResultsOf(runs + "/stopped"), ResultsOf(runs + "/whole"));
}

TEST(Train, ALinearProbeChangesNothingButTheHead) {
  const std::string runs = ParentBeside("probe");
  RunSpec spec = Child("head");
  spec.save_steps = {0};
  spec = CanonicalOf(spec);
  ASSERT_THAT(Train(spec, TinyOptions(runs + "/probe")), IsOk());
  const RunDirectory probe(runs + "/probe");
  const auto start = LoadTensors(probe.Checkpoint(0));
  const auto end = LoadTensors(probe.Checkpoint(kTinySteps));
  ASSERT_THAT(start, IsOk());
  ASSERT_THAT(end, IsOk());
  for (const auto& [name, tensor] : start->tensors) {
    if (absl::StartsWith(name, "nclab.")) continue;
    EXPECT_EQ(tensor.equal(end->tensors.at(name)),
              !absl::StartsWith(name, "head."))
        << name;
  }
}

TEST(Train, SaysWhichCheckpointAChildLacks) {
  EXPECT_THAT(
      Train(Child("all"), TinyOptions(testing::TempDir() + "/orphan/child")),
      StatusIs(absl::StatusCode::kNotFound,
               testing::HasSubstr("step-20.safetensors")));
}

}  // namespace
}  // namespace nclab
