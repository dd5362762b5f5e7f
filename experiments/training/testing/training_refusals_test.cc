// Runs that cannot start, and runs that fail.
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/linear.h>

#include <algorithm>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/testing/tiny_spec.h"
#include "experiments/training/training.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_device.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

// One Linear, with batch normalisation before it, or logits that are larger in
// one mode than in the other.
class Odd final : public Model {
 public:
  Odd(const ModelInput& input, bool normalised, double training,
      double evaluating)
      : dim_(SampleSize(input)), scales_{training, evaluating} {
    if (normalised) {
      norm_ = register_module("norm", torch::nn::BatchNorm1d(dim_));
    }
    head_ = register_module("head", torch::nn::Linear(dim_, input.classes));
  }
  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x.flatten(1);
    if (norm_) h = norm_(h);
    taps("features", h);
    return head_(h) * (is_training() ? scales_[0] : scales_[1]);
  }
  std::vector<LayerInfo> layers() const override {
    return {{"features", dim_}};
  }
  std::string head() const override { return "head"; }

 private:
  int64_t dim_;
  double scales_[2];
  torch::nn::BatchNorm1d norm_{nullptr};
  torch::nn::Linear head_{nullptr};
};

NCLAB_REGISTER_MODEL({.name = "normalised",
                      .summary = "batch normalisation and a Linear",
                      .reference = "own"},
                     [](const Params&, const ModelInput& input) {
                       return std::make_shared<Odd>(input, true, 1, 1);
                     });

NCLAB_REGISTER_MODEL(
    {.name = "two_faced",
     .summary = "a Linear with other logits in evaluation mode",
     .reference = "own",
     .params = {FloatParam("training", 1, "factor of logits", 0, 1e6),
                FloatParam("evaluating", 1, "likewise", 0, 1e6)}},
    [](const Params& params, const ModelInput& input) {
      return std::make_shared<Odd>(input, false, params.Float("training"),
                                   params.Float("evaluating"));
    });

absl::StatusOr<RunOutcome> RunOn(const RunSpec& spec, RunOptions options) {
  NCLAB_ASSIGN_OR_RETURN(const RunSpec canonical, Canonical(spec));
  if (options.device == "auto") options.device = TestDevice();
  options.threads = 1;
  return Train(canonical, options);
}

RunOptions In(const std::string& directory) {
  RunOptions options;
  options.directory = directory;
  return options;
}

TEST(Train, RefusesADirectoryOfAnotherSpec) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(RunOn(TinySpec(), In(directory)), IsOk());
  RunSpec other = TinySpec();
  other.lr = 0.02;
  EXPECT_THAT(RunOn(other, In(directory)),
              StatusIs(StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(directory), HasSubstr("another spec"))));
  std::filesystem::remove(directory + "/DONE");
  EXPECT_THAT(RunOn(other, In(directory)),
              StatusIs(StatusCode::kFailedPrecondition,
                       AllOf(HasSubstr(directory), HasSubstr("another spec"))));
}

TEST(Train, RefusesADirectoryOfSomethingElse) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(WriteFileAtomically(directory + "/thesis.tex", "years"), IsOk());
  EXPECT_THAT(RunOn(TinySpec(), In(directory)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr(directory)));
  EXPECT_FALSE(FileExists(directory + "/spec.json"));
}

TEST(Train, RefusesADirectoryInUse) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions stopped = In(directory);
  stopped.stop_requested = [] { return true; };
  ASSERT_THAT(RunOn(TinySpec(), stopped), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const FileLock lock,
                             FileLock::Acquire(directory + "/.lock"));
  EXPECT_THAT(RunOn(TinySpec(), In(directory)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

TEST(Train, RefusesADirectoryThatCannotBeMade) {
  const std::string file = EmptyTestDirectory() + "/file";
  ASSERT_THAT(WriteFileAtomically(file, ""), IsOk());
  EXPECT_THAT(RunOn(TinySpec(), In(file + "/run")),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr(file)));
}

TEST(Train, ListsTheLayersForAnUnknownOneAndWritesNothing) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = TinySpec();
  spec.layers = {"fc3"};
  const auto known =
      StatusIs(StatusCode::kInvalidArgument,
               AllOf(HasSubstr("'fc3'"),
                     HasSubstr("fc1, fc1.pre, fc2, fc2.pre, features")));
  EXPECT_THAT(RunOn(spec, In(directory)), known);
  EXPECT_FALSE(DirectoryExists(directory));
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec canonical, Canonical(spec));
  EXPECT_THAT(MeasureCost(canonical, In(directory)), known);
}

TEST(Train, RefusesWhatTheDeviceLacks) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = In(directory);
  options.device = "tpu";
  EXPECT_THAT(RunOn(TinySpec(), options),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'tpu'"), HasSubstr("cpu"))));
  RunSpec spec = TinySpec();
  spec.precision = "tf32";
  options.device = "cpu";
  EXPECT_THAT(RunOn(spec, options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'tf32'")));
  EXPECT_FALSE(DirectoryExists(directory));
}

TEST(Train, RefusesAModelOfTooFewClasses) {
  RunSpec spec = TinySpec();
  spec.model = "mlp(width=8,depth=2,classes=2)";
  EXPECT_THAT(RunOn(spec, In(EmptyTestDirectory() + "/run")),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("2 classes"), HasSubstr("dataset 3"))));
}

TEST(Train, DivergesWhereTheLossIsNoNumber) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = TinySpec();
  // Each step multiplies the weights by about -lr: they overflow.
  spec.lr = 1e6;
  spec.optimizer = "sgd(weight_decay=1)";
  spec.schedule = "constant";
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(spec, In(directory)));
  EXPECT_EQ(outcome.state, RunOutcome::State::kDiverged);
  EXPECT_THAT(outcome.reason,
              testing::ContainsRegex(
                  "The loss became -?(nan|inf) at step [0-9]+ \\(epoch "
                  "[0-9]+\\)\\. Last good checkpoint: none"));
  EXPECT_EQ(RunDirectory(directory).FailureReason(), outcome.reason);
  EXPECT_FALSE(FileExists(directory + "/DONE"));
  EXPECT_TRUE(RunDirectory(directory).Diverged());
  EXPECT_THAT(outcome.reason,
              HasSubstr(absl::StrCat("at step ", outcome.step, " ")));
  // Again: the same answer at once.
  RunOptions options = In(directory);
  options.stop_requested = [] {
    ADD_FAILURE() << "asked a run that has diverged";
    return true;
  };
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome again, RunOn(spec, options));
  EXPECT_EQ(again.state, RunOutcome::State::kDiverged);
  EXPECT_EQ(again.step, outcome.step);
  EXPECT_EQ(again.reason, outcome.reason);
}

// What people read there is not how a program knows.
TEST(Train, TriesAgainARunThatFailedInWhateverWords) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions stopped = In(directory);
  stopped.stop_requested = [] { return true; };
  ASSERT_THAT(RunOn(TinySpec(), stopped), IsOk());
  ASSERT_THAT(WriteFileAtomically(directory + "/FAILED",
                                  "The loss became nan at step 3.\n"),
              IsOk());
  EXPECT_FALSE(RunDirectory(directory).Diverged());
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(TinySpec(), In(directory)));
  EXPECT_EQ(outcome.state, RunOutcome::State::kDone);
}

TEST(Train, RefusesBatchesOfOneWhereNormalisationHasOneValuePerChannel) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = TinySpec();
  spec.batch_size = 1;
  spec.model = "normalised";
  const auto refused =
      StatusIs(StatusCode::kInvalidArgument,
               AllOf(HasSubstr("normalised"), HasSubstr("batch_size=2")));
  EXPECT_THAT(RunOn(spec, In(directory)), refused);
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec canonical, Canonical(spec));
  EXPECT_THAT(MeasureCost(canonical, In(directory)), refused);
  EXPECT_FALSE(DirectoryExists(directory));
  // Others learn from one sample.
  spec.model = "mlp(width=8,depth=2)";
  EXPECT_THAT(RunOn(spec, In(directory)), IsOk());
}

// Runs whose batch losses and losses in evaluation mode have little to do with
// each other: logits are multiplied by `training` and by `evaluating`.
RunSpec TwoFaced(double training, double evaluating) {
  RunSpec spec = TinySpec();
  spec.dataset = "gaussian_etf(per_class=10,test_samples=2,dim=16)";
  spec.batch_size = 128;
  spec.eval_points = 3;
  spec.save_steps = {};
  spec.model = absl::StrCat("two_faced(training=", training,
                            ",evaluating=", evaluating, ")");
  spec.steps = 400;
  spec.lr = 0.1;
  spec.stop_train_loss = 0.5;
  return spec;
}

// The loss of the training split, by the step that it was measured at.
std::map<int64_t, double> TrainLosses(const std::string& directory) {
  std::map<int64_t, double> losses;
  const auto rows = RunDirectory(directory).ReadMetrics();
  EXPECT_THAT(rows, IsOk());
  if (!rows.ok()) return losses;
  for (const MetricRow& row : *rows) {
    if (row.metric == "loss" && row.split == "train") {
      losses[row.step] = row.value;
    }
  }
  return losses;
}

TEST(Train, EndsAtTheFirstStopStepAtWhichTheTrainLossIsBelowTheOneAskedFor) {
  const std::string directory = EmptyTestDirectory() + "/run";
  // Batch losses stay at about log 10.
  RunSpec spec = TwoFaced(0.1, 10);
  spec.eval_points = 40;
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(spec, In(directory + "-stop")));
  EXPECT_EQ(outcome.state, RunOutcome::State::kDone);
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunSpec canonical, Canonical(spec));
  const std::vector<int64_t> stops = StopSteps(canonical);
  const auto at = std::find(stops.begin(), stops.end(), outcome.step);
  ASSERT_NE(at, stops.end()) << outcome.step;
  ASSERT_NE(at, stops.begin());
  ASSERT_LT(outcome.step, 400);
  const auto losses = TrainLosses(directory + "-stop");
  EXPECT_EQ(losses.rbegin()->first, outcome.step) << "the end is measured";
  EXPECT_LT(losses.rbegin()->second, 0.5);
  for (const auto& [step, loss] : losses) {
    if (step == outcome.step) continue;
    EXPECT_GE(loss, 0.5) << step;
  }
  // The same run without a stop: measured at the stop step before, it was not
  // low enough.
  spec.stop_train_loss = 0;
  spec.save_steps = {*(at - 1), *at};
  ASSERT_THAT(RunOn(spec, In(directory + "-on")), IsOk());
  const auto on = TrainLosses(directory + "-on");
  EXPECT_GE(on.at(*(at - 1)), 0.5);
  EXPECT_LT(on.at(*at), 0.5);
  // Asked again, the finished run gives the step that it ended at.
  spec = TwoFaced(0.1, 10);
  spec.eval_points = 40;
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome again,
                             RunOn(spec, In(directory + "-stop")));
  EXPECT_EQ(again.step, outcome.step);
}

TEST(Train, DoesNotEndForLowBatchLosses) {
  // In evaluation mode all logits are 0: the loss is log 10.
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const RunOutcome outcome,
      RunOn(TwoFaced(10, 0), In(EmptyTestDirectory() + "/run")));
  EXPECT_EQ(outcome.step, 400);
}

TEST(Train, EndsAtTheSameStepWhereverItWasStopped) {
  const std::string directory = EmptyTestDirectory();
  const RunSpec spec = TwoFaced(0.1, 10);
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome whole,
                             RunOn(spec, In(directory + "/whole")));
  RunOutcome outcome;
  do {
    RunOptions options = In(directory + "/stopped");
    int left = 29;
    options.stop_requested = [&] { return left-- <= 0; };
    NCLAB_ASSERT_OK_AND_ASSIGN(outcome, RunOn(spec, options));
  } while (outcome.state == RunOutcome::State::kStopped);
  EXPECT_EQ(outcome.step, whole.step);
  for (const std::string& file :
       {std::string("metrics.csv"),
        absl::StrCat("checkpoints/step-", whole.step, ".safetensors")}) {
    EXPECT_EQ(*ReadFile(absl::StrCat(directory, "/stopped/", file)),
              *ReadFile(absl::StrCat(directory, "/whole/", file)))
        << file;
  }
}

}  // namespace
}  // namespace nclab
