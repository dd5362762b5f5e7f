// Runs that start from other runs' checkpoints.
#include "experiments/training/checkpoints/chain.h"

#include <ATen/ops/equal.h>

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "experiments/records/run_directory.h"
#include "experiments/training/testing/tiny_run.h"
#include "experiments/training/training.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

RunSpec Parent() { return TinySpec(); }

// Five classes where the parent had three.
RunSpec Child() {
  RunSpec spec = ChildOf(Parent(), 20);
  spec.dataset =
      "gaussian_etf(num_classes=5,per_class=20,test_samples=4,dim=8)";
  spec.seed = 3;
  spec.save_steps = {0};
  return CanonicalOf(spec);
}

// The parent, run under its own name in a fresh runs directory, which is
// returned.
std::string RunsWithParent() {
  const std::string runs = EmptyTestDirectory();
  EXPECT_THAT(
      Train(Parent(), TinyOptions(absl::StrCat(runs, "/", RunName(Parent())))),
      IsOk());
  return runs;
}

TensorMap Load(const std::string& directory, int64_t step) {
  const absl::StatusOr<TensorFile> file =
      LoadTensors(RunDirectory(directory).Checkpoint(step));
  EXPECT_THAT(file, IsOk());
  return file.ok() ? file->tensors : TensorMap();
}

TEST(Chain, StartsWithTheParentsBodyAndANewHeadOfItsOwnSeed) {
  const std::string runs = RunsWithParent();
  const std::string child = runs + "/child";
  ASSERT_THAT(Train(Child(), TinyOptions(child)), IsOk());
  TensorMap before = Load(absl::StrCat(runs, "/", RunName(Parent())), 20);
  TensorMap after = Load(child, 0);
  for (const char* name :
       {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}) {
    EXPECT_TRUE(at::equal(before[name], after[name])) << name;
  }
  EXPECT_EQ(before["head.weight"].size(0), 3);
  EXPECT_EQ(after["head.weight"].size(0), 5);

  // The head is that of a run from scratch with this seed.
  RunSpec scratch = Child();
  scratch.init_from.clear();
  scratch.init_step = 0;
  ASSERT_THAT(Train(CanonicalOf(scratch), TinyOptions(runs + "/scratch")),
              IsOk());
  TensorMap fresh = Load(runs + "/scratch", 0);
  EXPECT_TRUE(at::equal(fresh["head.weight"], after["head.weight"]));
  EXPECT_FALSE(at::equal(fresh["fc1.weight"], after["fc1.weight"]));
}

TEST(Chain, KnowsASpecInWhateverLayout) {
  const std::string runs = RunsWithParent();
  const std::string parent = absl::StrCat(runs, "/", RunName(Parent()));
  const std::string child = runs + "/child";
  const auto reformat = [](const std::string& directory) {
    const std::string path = directory + "/spec.json";
    const absl::StatusOr<std::string> text = ReadFile(path);
    ASSERT_THAT(text, IsOk());
    ASSERT_THAT(
        WriteFileAtomically(path, absl::StrReplaceAll(*text, {{"\n ", ""}})),
        IsOk());
  };
  reformat(parent);
  ASSERT_THAT(Train(Child(), TinyOptions(child)), IsOk());
  reformat(child);
  const std::string before = ResultsOf(child);
  const auto again = Train(Child(), TinyOptions(child));
  ASSERT_THAT(again, IsOk());
  EXPECT_EQ(again->state, RunOutcome::State::kDone);
  EXPECT_EQ(ResultsOf(child), before);
}

TEST(Chain, RowsHaveTheLayersInNetworkOrder) {
  RunSpec spec = Parent();
  spec.model = "mlp(width=4,depth=10)";
  spec.layers = {"fc10", "fc2"};
  const std::string run = EmptyTestDirectory() + "/run";
  ASSERT_THAT(Train(CanonicalOf(spec), TinyOptions(run)), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> rows,
                             RunDirectory(run).ReadMetrics());
  std::vector<std::string> layers;
  for (const MetricRow& row : rows) {
    if (row.layer.empty()) continue;
    if (std::find(layers.begin(), layers.end(), row.layer) == layers.end()) {
      layers.push_back(row.layer);
    }
  }
  EXPECT_EQ(layers, (std::vector<std::string>{"fc2", "fc10"}));
}

TEST(Chain, KeepsTheParentsHeadWhereAsked) {
  const std::string runs = RunsWithParent();
  RunSpec spec = Child();
  spec.dataset = Parent().dataset;
  spec.init_head = "keep";
  ASSERT_THAT(Train(CanonicalOf(spec), TinyOptions(runs + "/child")), IsOk());
  EXPECT_TRUE(at::equal(
      Load(absl::StrCat(runs, "/", RunName(Parent())), 20)["head.weight"],
      Load(runs + "/child", 0)["head.weight"]));
}

TEST(Chain, TrainsTheWholeModelUnlessItIsAProbe) {
  const std::string runs = RunsWithParent();
  ASSERT_THAT(Train(Child(), TinyOptions(runs + "/child")), IsOk());
  EXPECT_FALSE(at::equal(Load(runs + "/child", 0)["fc1.weight"],
                         Load(runs + "/child", kTinySteps)["fc1.weight"]));
}

TEST(Chain, LeavesTheBodyOfAProbeUnchanged) {
  const std::string runs = RunsWithParent();
  RunSpec spec = Child();
  spec.train_part = "head";
  spec.optimizer = "sgd(weight_decay=0.1)";  // would shrink what it reaches
  ASSERT_THAT(Train(CanonicalOf(spec), TinyOptions(runs + "/probe")), IsOk());
  TensorMap before = Load(runs + "/probe", 0);
  TensorMap after = Load(runs + "/probe", kTinySteps);
  for (const char* name :
       {"fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"}) {
    EXPECT_TRUE(at::equal(before[name], after[name])) << name;
  }
  EXPECT_FALSE(at::equal(before["head.weight"], after["head.weight"]));
}

TEST(Chain, GivesTheSameBytesWhereverItIsStopped) {
  const std::string runs = RunsWithParent();
  for (const char* part : {"all", "head"}) {
    RunSpec spec = Child();
    spec.train_part = part;
    spec = CanonicalOf(spec);
    const std::string whole = absl::StrCat(runs, "/whole-", part);
    ASSERT_THAT(Train(spec, TinyOptions(whole)), IsOk());
    // It is asked before a step and between the batches of an evaluation.
    for (const int stop : {1, 2, 8, 17, 30}) {
      const std::string resumed =
          absl::StrCat(runs, "/resumed-", part, "-", stop);
      int left = stop;
      RunOptions options = TinyOptions(resumed);
      options.stop_requested = [&] { return left-- == 1; };
      NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                                 Train(spec, options));
      ASSERT_EQ(outcome.state, RunOutcome::State::kStopped);
      ASSERT_LT(outcome.step, stop);
      ASSERT_THAT(Train(spec, TinyOptions(resumed)), IsOk());
      EXPECT_TRUE(ResultsOf(resumed) == ResultsOf(whole))
          << part << " stopped at question " << stop;
    }
  }
}

TEST(Chain, NeedsItsParentOnlyToStart) {
  const std::string runs = RunsWithParent();
  ASSERT_THAT(Train(Child(), TinyOptions(runs + "/whole")), IsOk());
  RunOptions options = TinyOptions(runs + "/child");
  int left = 10;
  options.stop_requested = [&] { return left-- == 1; };
  ASSERT_THAT(Train(Child(), options), IsOk());
  fs::remove_all(absl::StrCat(runs, "/", RunName(Parent())));
  ASSERT_THAT(Train(Child(), TinyOptions(runs + "/child")), IsOk());
  EXPECT_TRUE(ResultsOf(runs + "/child") == ResultsOf(runs + "/whole"));
}

TEST(Chain, FindsAParentElsewhere) {
  const std::string runs = RunsWithParent();
  RunOptions options = TinyOptions(runs + "/deeper/child");
  EXPECT_THAT(Train(Child(), options),
              StatusIs(StatusCode::kNotFound,
                       HasSubstr(absl::StrCat("starts from ", runs, "/deeper/",
                                              RunName(Parent())))));
  EXPECT_FALSE(DirectoryExists(runs + "/deeper")) << "it left something behind";
  options.parent_directory = absl::StrCat(runs, "/", RunName(Parent()));
  EXPECT_THAT(Train(Child(), options), IsOk());
}

TEST(Chain, RefusesAParentThatDoesNotFit) {
  const std::string runs = RunsWithParent();
  const std::string parent = absl::StrCat(runs, "/", RunName(Parent()));
  const auto refused = [&](const RunSpec& spec, const auto& words,
                           StatusCode code = StatusCode::kFailedPrecondition) {
    EXPECT_THAT(Train(CanonicalOf(spec), TinyOptions(runs + "/child")),
                StatusIs(code, words));
    EXPECT_FALSE(DirectoryExists(runs + "/child"));
  };
  RunSpec wider = Child();
  wider.model = "mlp(width=9,depth=2)";
  refused(wider, AllOf(HasSubstr("'fc1.weight' is F32 [8, 8]"),
                       HasSubstr("needs F32 [9, 8]"),
                       HasSubstr(RunDirectory(parent).Checkpoint(20))));
  RunSpec deeper = Child();
  deeper.model = "mlp(width=8,depth=3)";
  refused(deeper, HasSubstr("lacks the tensor 'fc3.weight'"));
  RunSpec shallower = Child();
  shallower.model = "mlp(width=8,depth=1)";
  refused(shallower,
          AllOf(HasSubstr("has the tensor 'fc2."), HasSubstr("model lacks")));
  RunSpec other_classes = Child();
  other_classes.init_head = "keep";
  refused(other_classes, AllOf(HasSubstr("'head.weight'"),
                               HasSubstr("or give it a new head")));

  fs::remove(RunDirectory(parent).Checkpoint(20));
  refused(Child(),
          AllOf(HasSubstr("step-20.safetensors"),
                HasSubstr("has the checkpoints: 60")),
          StatusCode::kNotFound);
  ASSERT_THAT(WriteFileAtomically(parent + "/spec.json", ToJson(Child())),
              IsOk());
  refused(Child(), HasSubstr("another run"));
}

TEST(ChainSpec, IsInTheText) {
  EXPECT_THAT(ToJson(Parent()), AllOf(HasSubstr("\"init_from\": null"),
                                      HasSubstr("\"train_part\": \"all\"")));
  const RunSpec child = Child();
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec back,
                             RunSpecFromJson(ToJson(child)));
  EXPECT_EQ(back.init_from, ToJson(Parent()));
  EXPECT_EQ(back.init_step, 20);
  EXPECT_EQ(back.init_head, "new");
  EXPECT_EQ(ToJson(back), ToJson(child));
  RunSpec probe = Parent();
  probe.train_part = "head";
  EXPECT_THAT(ToJson(CanonicalOf(probe)),
              HasSubstr("\"train_part\": \"head\""));
  EXPECT_NE(RunName(child), RunName(Parent()));
}

TEST(ChainSpec, RefusesWhatCannotBeStartedFrom) {
  RunSpec spec = Child();
  spec.init_step = kTinySteps + 1;
  EXPECT_THAT(Canonical(spec),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("init_step is 61; expected a step from 0 to "
                                 "60")));
  spec = Child();
  for (const char* text : {"{}", "no JSON"}) {
    spec.init_from = text;
    EXPECT_THAT(Canonical(spec), StatusIs(StatusCode::kInvalidArgument,
                                          HasSubstr("init_from: ")));
  }
  spec = Parent();
  spec.init_step = 20;
  EXPECT_THAT(Canonical(spec),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("(init_from)")));
  spec = Child();
  spec.train_part = "body";
  EXPECT_THAT(Canonical(spec),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("train_part")));
}

}  // namespace
}  // namespace nclab
