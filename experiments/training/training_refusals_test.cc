// Runs that cannot start, and runs that fail.
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/training.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_device.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

RunSpec Tiny() {
  RunSpec spec;
  spec.dataset = "gaussian_etf(per_class=10,test_samples=2,dim=16)";
  spec.model = "mlp(width=8,depth=2)";
  spec.steps = 30;
  spec.eval_points = 3;
  return spec;
}

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
  ASSERT_THAT(RunOn(Tiny(), In(directory)), IsOk());
  RunSpec other = Tiny();
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
  EXPECT_THAT(RunOn(Tiny(), In(directory)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr(directory)));
  EXPECT_FALSE(FileExists(directory + "/spec.json"));
}

TEST(Train, RefusesADirectoryInUse) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions stopped = In(directory);
  stopped.stop_requested = [] { return true; };
  ASSERT_THAT(RunOn(Tiny(), stopped), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const FileLock lock,
                             FileLock::Acquire(directory + "/.lock"));
  EXPECT_THAT(RunOn(Tiny(), In(directory)),
              StatusIs(StatusCode::kFailedPrecondition, HasSubstr("in use")));
}

TEST(Train, RefusesADirectoryThatCannotBeMade) {
  const std::string file = EmptyTestDirectory() + "/file";
  ASSERT_THAT(WriteFileAtomically(file, ""), IsOk());
  EXPECT_THAT(RunOn(Tiny(), In(file + "/run")),
              StatusIs(StatusCode::kPermissionDenied, HasSubstr(file)));
}

TEST(Train, ListsTheLayersForAnUnknownOneAndWritesNothing) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = Tiny();
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
  EXPECT_THAT(RunOn(Tiny(), options),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'tpu'"), HasSubstr("cpu"))));
  RunSpec spec = Tiny();
  spec.precision = "tf32";
  options.device = "cpu";
  EXPECT_THAT(RunOn(spec, options),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'tf32'")));
  EXPECT_FALSE(DirectoryExists(directory));
}

TEST(Train, RefusesAModelOfTooFewClasses) {
  RunSpec spec = Tiny();
  spec.model = "mlp(width=8,depth=2,classes=9)";
  EXPECT_THAT(RunOn(spec, In(EmptyTestDirectory() + "/run")),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("9 classes"), HasSubstr("10"))));
}

TEST(Train, FailsWhereTheLossIsNoNumber) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = Tiny();
  // Each step multiplies the weights by about -lr: they overflow.
  spec.lr = 1e6;
  spec.weight_decay = 1;
  spec.schedule = "constant";
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(spec, In(directory)));
  EXPECT_EQ(outcome.state, RunOutcome::State::kFailed);
  EXPECT_THAT(outcome.reason,
              testing::ContainsRegex(
                  "The loss became -?(nan|inf) at step [0-9]+ \\(epoch "
                  "[0-9]+\\)\\. Last good checkpoint: none"));
  EXPECT_EQ(RunDirectory(directory).FailureReason(), outcome.reason);
  EXPECT_FALSE(FileExists(directory + "/DONE"));
  // Again: the same answer, not a half-finished run.
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome again,
                             RunOn(spec, In(directory)));
  EXPECT_EQ(again.state, RunOutcome::State::kFailed);
  EXPECT_EQ(again.reason, outcome.reason);
}

TEST(Train, EndsEarlyBelowTheLossAskedFor) {
  const std::string directory = EmptyTestDirectory() + "/run";
  RunSpec spec = Tiny();
  spec.steps = 5000;
  spec.lr = 0.1;
  spec.stop_train_loss = 0.5;
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             RunOn(spec, In(directory)));
  EXPECT_EQ(outcome.state, RunOutcome::State::kDone);
  EXPECT_LT(outcome.step, 5000);
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::vector<MetricRow> rows,
                             RunDirectory(directory).ReadMetrics());
  EXPECT_EQ(rows.back().step, outcome.step) << "the last step is measured";
  // Asked again, the finished run gives the step that it ended at.
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome again,
                             RunOn(spec, In(directory)));
  EXPECT_EQ(again.step, outcome.step);
}

}  // namespace
}  // namespace nclab
