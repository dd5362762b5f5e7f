// Runs of other pieces than the paper's: what is refused before anything is
// written, what a broken promise says, and which numbers there are.
#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "experiments/recipes/objective.h"
#include "experiments/recipes/schedule.h"
#include "experiments/records/manifest.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/testing/tiny_run.h"
#include "experiments/training/training.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

NCLAB_REGISTER_OBJECTIVE({.name = "per_sample",
                          .summary = "an objective that is no scalar",
                          .reference = "own"},
                         [](const Params&, const ObjectiveInput&) -> Objective {
                           return
                               [](const at::Tensor& logits, const at::Tensor&) {
                                 return logits.sum(1);
                               };
                         });

NCLAB_REGISTER_SCHEDULE(
    {.name = "forgets",
     .summary = "gives no number from step 30 on",
     .reference = "own"},
    [](const Params&, const ScheduleInput&) -> Schedule {
      return [](int64_t step) {
        return step < 30 ? 1 : std::numeric_limits<double>::quiet_NaN();
      };
    });

NCLAB_REGISTER_DATASET(
    {.name = "lonely", .summary = "one class", .reference = "own"},
    [](const Params&, const DatasetContext&) -> absl::StatusOr<Dataset> {
      Dataset dataset;
      for (Split* split : {&dataset.train, &dataset.test}) {
        split->samples = at::ones({4, 8});
        split->labels = at::zeros({4}, at::TensorOptions(at::kLong));
      }
      dataset.class_names = {"all"};
      return dataset;
    });

absl::StatusOr<RunOutcome> RunOn(const RunSpec& spec,
                                 const std::string& directory) {
  NCLAB_ASSIGN_OR_RETURN(const RunSpec canonical, Canonical(spec));
  return Train(canonical, TinyOptions(directory));
}

RunSpec With(std::string RunSpec::*field, const std::string& choice) {
  RunSpec spec = TinySpec();
  spec.*field = choice;
  return spec;
}

TEST(Pieces, ThatDoNotGoTogetherAreRefusedBeforeAnythingIsWritten) {
  const std::string directory = EmptyTestDirectory() + "/run";
  const auto refused = [&](const RunSpec& spec, const std::string& word,
                           StatusCode code = StatusCode::kInvalidArgument) {
    EXPECT_THAT(RunOn(spec, directory), StatusIs(code, HasSubstr(word)));
    const absl::StatusOr<RunSpec> canonical = Canonical(spec);
    if (canonical.ok()) {
      EXPECT_THAT(MeasureCost(*canonical, TinyOptions(directory)),
                  StatusIs(code, HasSubstr(word)));
    }
    EXPECT_FALSE(DirectoryExists(directory)) << word;
  };
  refused(With(&RunSpec::stream, "fresh"), "60 training samples");
  refused(With(&RunSpec::stream, "augmented"), "images");
  refused(With(&RunSpec::schedule, "steps(at=60)"), "'60'");
  refused(With(&RunSpec::optimizer, "sgd(momentum=0,nesterov=true)"),
          "momentum");
  RunSpec lonely = With(&RunSpec::objective, "mse");
  lonely.dataset = "lonely";
  refused(lonely, "one class");
  refused(With(&RunSpec::objective, "per_sample"), "its loss is no scalar",
          StatusCode::kFailedPrecondition);
}

TEST(Pieces, ThatBreakTheirPromiseLaterAreNamedInFailed) {
  const std::string directory = EmptyTestDirectory() + "/run";
  const RunSpec spec = With(&RunSpec::schedule, "forgets");
  EXPECT_THAT(RunOn(spec, directory),
              StatusIs(StatusCode::kInternal,
                       AllOf(HasSubstr("schedule forgets"), HasSubstr("nan"),
                             HasSubstr("at step 30"))));
  EXPECT_THAT(RunDirectory(directory).FailureReason(),
              AllOf(HasSubstr("schedule forgets"), HasSubstr("at step 30"),
                    HasSubstr("finite and not negative")));
  EXPECT_FALSE(RunDirectory(directory).Through());
}

// By step, of the training split.
std::map<int64_t, double> Rows(const std::string& directory,
                               const std::string& metric) {
  std::map<int64_t, double> values;
  const auto rows = RunDirectory(directory).ReadMetrics();
  EXPECT_THAT(rows, IsOk());
  for (const MetricRow& row : rows.value_or(std::vector<MetricRow>())) {
    if (row.metric == metric && row.split == "train") {
      EXPECT_EQ(row.anchor, "");
      EXPECT_EQ(row.layer, "");
      values[row.step] = row.value;
    }
  }
  return values;
}

TEST(Objective, IsMeasuredBesideTheLoss) {
  const std::string directory = EmptyTestDirectory();
  ASSERT_THAT(RunOn(TinySpec(), directory + "/same"), IsOk());
  const auto loss = Rows(directory + "/same", "loss");
  ASSERT_GT(loss.size(), 5);
  for (const auto& [step, value] : Rows(directory + "/same", "objective")) {
    EXPECT_NEAR(value / loss.at(step), 1, 1e-12) << step;
  }
  // Against (2/3, 1/6, 1/6) no prediction costs less than its entropy.
  ASSERT_THAT(RunOn(With(&RunSpec::objective, "label_smoothing(epsilon=0.5)"),
                    directory + "/other"),
              IsOk());
  const auto smoothed = Rows(directory + "/other", "objective");
  const auto cross_entropy = Rows(directory + "/other", "loss");
  ASSERT_EQ(smoothed.size(), loss.size());
  const double entropy = 2 * std::log(1.5) / 3 + std::log(6) / 3;
  for (const auto& [step, value] : smoothed) {
    EXPECT_GE(value, entropy) << step;
    EXPECT_NE(value, cross_entropy.at(step)) << step;
  }
}

TEST(Objective, EndsARunWhereItIsLowEnough) {
  const std::string directory = EmptyTestDirectory();
  RunSpec spec = With(&RunSpec::objective, "mse");
  spec.steps = 400;
  spec.save_steps = {};
  ASSERT_THAT(RunOn(spec, directory + "/whole"), IsOk());
  const auto whole = Rows(directory + "/whole", "objective");
  const double bound =
      std::sqrt(whole.begin()->second * whole.rbegin()->second);
  spec.stop_train_objective = bound;
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(spec, directory + "/stopped"));
  EXPECT_LT(outcome.step, 400);
  EXPECT_GT(outcome.step, 0);
  const auto stopped = Rows(directory + "/stopped", "objective");
  EXPECT_EQ(stopped.rbegin()->first, outcome.step);
  EXPECT_LT(stopped.rbegin()->second, bound);
  for (const auto& [step, value] : stopped) {
    if (step == outcome.step) continue;
    EXPECT_GE(value, bound) << step;
  }
}

TEST(Manifest, HasTheChoicesAsPeopleReadThem) {
  const std::string directory = EmptyTestDirectory() + "/run";
  ASSERT_THAT(RunOn(With(&RunSpec::optimizer, "sgd(momentum=0.9,nesterov=1)"),
                    directory),
              IsOk());
  const auto choices = ChoicesInManifest(directory);
  EXPECT_EQ(choices.at("optimizer"), "sgd(nesterov=true)");
  EXPECT_EQ(choices.at("objective"), "cross_entropy");
  EXPECT_EQ(choices.at("model"), "mlp(width=8,depth=2)");
  EXPECT_THAT(BytesOf(directory + "/log.txt"),
              HasSubstr("optimizer=sgd(nesterov=true)"));
}

TEST(Evaluation, OfFreshSamplesIsOfThoseThatTheRunSees) {
  const std::string directory = EmptyTestDirectory();
  RunSpec spec = With(&RunSpec::stream, "fresh");
  spec.steps = 2;
  spec.batch_size = 10;
  spec.eval_points = 2;
  spec.save_steps = {};
  ASSERT_THAT(RunOn(spec, directory + "/fresh"), IsOk());
  spec.stream = "epochs";
  ASSERT_THAT(RunOn(spec, directory + "/epochs"), IsOk());
  // The same weights at the start, 20 of the 60 samples.
  const double some = Rows(directory + "/fresh", "loss").at(0),
               all = Rows(directory + "/epochs", "loss").at(0);
  EXPECT_NE(some, all);
  // And the same batches: the same weights at the end.
  EXPECT_EQ(BytesOf(RunDirectory(directory + "/fresh").Checkpoint(2)),
            BytesOf(RunDirectory(directory + "/epochs").Checkpoint(2)));
}

}  // namespace
}  // namespace nclab
