#include "experiments/training/together.h"

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "experiments/training/canonical_of.h"
#include "experiments/training/pretended_recorder.h"
#include "experiments/training/recorder.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/tiny_run.h"
#include "gtest/gtest.h"
#include "tools/base/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

using Outcomes = std::vector<absl::StatusOr<RunOutcome>>;

// Runs that go together: another seed and learning rate each.
std::vector<RunSpec> Specs(const std::string& model = "mlp(width=8,depth=2)") {
  std::vector<RunSpec> specs;
  for (int i = 0; i < 3; ++i) {
    RunSpec spec = TinySpec();
    spec.model = model;
    spec.seed = i;
    spec.lr = 0.01 * (i + 1);
    specs.push_back(CanonicalOf(spec));
  }
  return specs;
}

// In sibling directories of `root`, as a figure's runs are.
std::string DirectoryOf(const std::string& root, const RunSpec& spec) {
  return absl::StrCat(root, "/", RunName(spec));
}

std::vector<TogetherRun> RunsIn(const std::string& root,
                                const std::vector<RunSpec>& specs,
                                int threads = 1) {
  std::vector<TogetherRun> runs;
  for (const RunSpec& spec : specs) {
    runs.push_back({spec, TinyOptions(DirectoryOf(root, spec))});
    runs.back().options.threads = threads;
  }
  return runs;
}

void ExpectAll(const Outcomes& outcomes, RunOutcome::State state) {
  for (const auto& outcome : outcomes) {
    ASSERT_THAT(outcome, IsOk());
    EXPECT_EQ(static_cast<int>(outcome->state), static_cast<int>(state));
  }
}

// That each run in `root` has the bytes of the same run undisturbed: on the CPU
// alone, on one thread; elsewhere, where products of one model and of several
// are other sums, in the same company.
void ExpectTheBytesOfUndisturbedRuns(const std::string& root,
                                     const std::vector<RunSpec>& specs) {
  const std::string undisturbed = root + "-undisturbed";
  fs::remove_all(undisturbed);
  for (const RunSpec& spec : specs) {
    if (!spec.init_from.empty()) {
      fs::create_directories(undisturbed);
      fs::copy(DirectoryOf(root, *RunSpecFromJson(spec.init_from)),
               DirectoryOf(undisturbed, *RunSpecFromJson(spec.init_from)),
               fs::copy_options::recursive | fs::copy_options::skip_existing);
    }
  }
  if (TestDevice() != "cpu") {
    ExpectAll(TrainTogether(RunsIn(undisturbed, specs)),
              RunOutcome::State::kDone);
  }
  for (const RunSpec& spec : specs) {
    // Where it was not trained together; else it is known to be done.
    ASSERT_THAT(Train(spec, TinyOptions(DirectoryOf(undisturbed, spec))),
                IsOk());
    EXPECT_TRUE(ResultsOf(DirectoryOf(root, spec)) ==
                ResultsOf(DirectoryOf(undisturbed, spec)))
        << RunName(spec);
  }
}

TEST(TogetherKey, IsOneForRunsThatDifferInSeedAndRate) {
  const std::vector<RunSpec> specs = Specs();
  EXPECT_NE(TogetherKey(specs[0]), "");
  EXPECT_EQ(TogetherKey(specs[0]), TogetherKey(specs[1]));
  RunSpec other = specs[0];
  other.batch_size = 16;
  EXPECT_NE(TogetherKey(other), TogetherKey(specs[0]));
  other = specs[0];
  other.init_from = ToJson(specs[1]);
  other.init_step = 20;
  EXPECT_NE(TogetherKey(other), TogetherKey(specs[0]));
}

TEST(TogetherKey, IsEmptyForRunsThatCannotShareTheirSteps) {
  RunSpec spec = TinySpec();
  spec.stop_train_loss = 1e-6;
  EXPECT_EQ(TogetherKey(spec), "");
  spec = TinySpec();
  spec.model = "linear";
  EXPECT_EQ(TogetherKey(CanonicalOf(spec)), "");
}

TEST(TrainTogether, GivesEachRunTheBytesItGetsAlone) {
  // The second's layers are cut among the threads.
  for (const char* model : {"mlp(width=8,depth=2)", "mlp(width=600,depth=2)"}) {
    const std::string root = EmptyTestDirectory() + "/runs";
    const std::vector<RunSpec> specs = Specs(model);
    ExpectAll(TrainTogether(RunsIn(root, specs, /*threads=*/2)),
              RunOutcome::State::kDone);
    ExpectTheBytesOfUndisturbedRuns(root, specs);
    const std::string manifest =
        BytesOf(DirectoryOf(root, specs[0]) + "/manifest.json");
    for (const RunSpec& spec : specs) {
      EXPECT_TRUE(absl::StrContains(manifest, RunName(spec))) << manifest;
    }
  }
}

TEST(TrainTogether, KeepsTheLogsApart) {
  const std::string root = EmptyTestDirectory();
  const std::vector<RunSpec> specs = Specs();
  ExpectAll(TrainTogether(RunsIn(root, specs)), RunOutcome::State::kDone);
  for (const RunSpec& spec : specs) {
    const std::string log = BytesOf(DirectoryOf(root, spec) + "/log.txt");
    size_t lines = 0;
    for (size_t at = 0; (at = log.find("step 0:", at)) != log.npos; ++at) {
      ++lines;
    }
    EXPECT_EQ(lines, 1u) << log;
  }
}

// Stops after so many questions, which fall between steps, between runs and
// into evaluations.
TEST(TrainTogether, GivesTheSameBytesWhereverItIsStopped) {
  const std::vector<RunSpec> specs = Specs();
  const std::string root = EmptyTestDirectory() + "/runs";
  int stops = 0;
  for (const int patience : {0, 1, 2, 7, 30, 31, 32, 100, 1 << 30}) {
    int asked = 0;
    std::vector<TogetherRun> runs = RunsIn(root, specs);
    for (TogetherRun& run : runs) {
      run.options.stop_requested = [&] { return asked++ >= patience; };
    }
    const Outcomes outcomes = TrainTogether(runs);
    const bool stopped = asked > patience;
    stops += stopped;
    ExpectAll(outcomes,
              stopped ? RunOutcome::State::kStopped : RunOutcome::State::kDone);
    for (const auto& outcome : outcomes) {
      EXPECT_EQ(outcome->step, outcomes[0]->step) << patience;
    }
  }
  EXPECT_EQ(stops, 8);
  ExpectTheBytesOfUndisturbedRuns(root, specs);
}

// As if killed between the checkpoints of two runs, and after another had gone
// on alone.
TEST(TrainTogether, GoesBackToACheckpointThatAllHave) {
  const std::vector<RunSpec> specs = Specs();
  const std::string root = EmptyTestDirectory() + "/runs";
  int asked = 0;
  std::vector<TogetherRun> runs = RunsIn(root, specs);
  for (TogetherRun& run : runs) {
    run.options.checkpoint_every = absl::ZeroDuration();  // after every step
    run.options.stop_requested = [&] { return asked++ >= 220; };
  }
  const Outcomes outcomes = TrainTogether(runs);
  ExpectAll(outcomes, RunOutcome::State::kStopped);
  const int64_t step = outcomes[0]->step;
  ASSERT_GT(step, 21);
  ASSERT_LT(step, kTinySteps);
  const RunDirectory first(DirectoryOf(root, specs[0]));
  ASSERT_TRUE(FileExists(first.Checkpoint(step - 1)));
  fs::remove(first.Checkpoint(step));
  ExpectAll(TrainTogether(RunsIn(root, specs)), RunOutcome::State::kDone);
  for (const RunSpec& spec : specs) {
    EXPECT_TRUE(absl::StrContains(BytesOf(DirectoryOf(root, spec) + "/log.txt"),
                                  absl::StrCat("resumed at step ", step - 1)));
  }
  ExpectTheBytesOfUndisturbedRuns(root, specs);
}

TEST(TrainTogether, TrainsRunsThatShareNoCheckpointInGroups) {
  const std::vector<RunSpec> specs = Specs();
  const std::string root = EmptyTestDirectory() + "/runs";
  std::vector<TogetherRun> runs = RunsIn(root, specs);
  ASSERT_THAT(Train(specs[0], runs[0].options), IsOk());  // done
  int asked = 0;
  runs[1].options.stop_requested = [&] { return asked++ >= 40; };
  ASSERT_THAT(Train(specs[1], runs[1].options), IsOk());  // on its way
  ASSERT_FALSE(FileExists(runs[1].options.directory + "/DONE"));
  ExpectAll(TrainTogether(RunsIn(root, specs)), RunOutcome::State::kDone);
  for (const RunSpec& spec : specs) {
    EXPECT_TRUE(RunDirectory(DirectoryOf(root, spec)).Done());
  }
}

TEST(TrainTogether, GoesOnWithoutTheRunsThatFail) {
  std::vector<RunSpec> specs = Specs("mlp(width=8,depth=1)");
  for (RunSpec& spec : specs) {
    spec.dataset =
        "gaussian_etf(num_classes=2,per_class=20,test_samples=4,dim=8)";
    spec.schedule = "constant";
    spec = CanonicalOf(spec);
  }
  RunSpec diverging = specs[0];
  diverging.lr = 1e6;
  specs.insert(specs.begin() + 1, CanonicalOf(diverging));
  const std::string root = EmptyTestDirectory() + "/runs";
  std::vector<TogetherRun> runs = RunsIn(root, specs);
  // One cannot even begin: its directory is another run's.
  const std::string taken = runs[3].options.directory;
  ASSERT_THAT(RunDirectory(taken).Begin(specs[0]), IsOk());
  const Outcomes outcomes = TrainTogether(runs);
  ASSERT_THAT(outcomes[1], IsOk());
  EXPECT_EQ(static_cast<int>(outcomes[1]->state),
            static_cast<int>(RunOutcome::State::kFailed));
  EXPECT_TRUE(FileExists(runs[1].options.directory + "/FAILED"));
  EXPECT_TRUE(absl::IsFailedPrecondition(outcomes[3].status()))
      << outcomes[3].status();
  ExpectTheBytesOfUndisturbedRuns(root, {specs[0], specs[2]});
}

// Fine-tuning and probing: other checkpoints of the same parent.
TEST(TrainTogether, StartsEachFromItsOwnCheckpoint) {
  const std::string root = EmptyTestDirectory() + "/runs";
  const RunSpec parent = TinySpec();
  ASSERT_THAT(Train(parent, TinyOptions(DirectoryOf(root, parent))), IsOk());
  for (const char* part : {"all", "head"}) {
    std::vector<RunSpec> specs = Specs();
    for (size_t i = 0; i < specs.size(); ++i) {
      specs[i].init_from = ToJson(parent);
      specs[i].init_step = i == 0 ? 20 : kTinySteps;
      specs[i].train_part = part;
      specs[i] = CanonicalOf(specs[i]);
    }
    EXPECT_EQ(TogetherKey(specs[0]), TogetherKey(specs[1]));
    ExpectAll(TrainTogether(RunsIn(root, specs)), RunOutcome::State::kDone);
    ExpectTheBytesOfUndisturbedRuns(root, specs);
  }
}

TEST(TrainTogether, RecordsOneStepForAll) {
  const std::vector<RunSpec> specs = Specs();
  const std::string root = EmptyTestDirectory() + "/runs";
  int recorders = 0, replays = 0;
  std::vector<TogetherRun> runs = RunsIn(root, specs);
  for (TogetherRun& run : runs) {
    run.options.make_recorder = [&](c10::Device) {
      ++recorders;
      return std::make_unique<PretendedRecorder>(&replays);
    };
  }
  ExpectAll(TrainTogether(runs), RunOutcome::State::kDone);
  EXPECT_EQ(recorders, 1);
  EXPECT_EQ(replays, kTinySteps - RepeatedWork::kWarmUp);
  EXPECT_TRUE(
      absl::StrContains(BytesOf(DirectoryOf(root, specs[1]) + "/manifest.json"),
                        "\"recorded_step\": true"));
}

}  // namespace
}  // namespace nclab
