// Whole runs with the exact rewrites, on thirty digits repeated to colours.
#include <ATen/TensorOperators.h>

#include <cmath>
#include <filesystem>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "experiments/records/records.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical_of.h"
#include "experiments/training/testing/tiny_run.h"
#include "experiments/training/training.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using State = RunOutcome::State;
using testing::HasSubstr;
using testing::Not;

constexpr int64_t kSteps = 24;

RunSpec Spec(const std::string& model) {
  RunSpec spec;
  spec.dataset =
      "mnist(train_per_class=3,test_per_class=2,image_size=32,channels=3)";
  spec.model = model;
  spec.steps = kSteps;
  spec.batch_size = 10;
  spec.eval_points = 4;
  return spec;
}

constexpr char kResNet[] = "resnet18(width=4)";
constexpr char kVgg[] = "vgg11_bn(width=4,hidden=8)";

RunOptions In(const std::string& directory, bool rewrite = true) {
  RunOptions options = TinyOptions(directory);
  options.rewrite = rewrite;
  return options;
}

std::string Results(const std::string& directory) {
  return BytesOf(directory + "/metrics.csv") +
         BytesOf(RunDirectory(directory).Checkpoint(kSteps));
}

void TrainIn(const RunSpec& spec, const RunOptions& options) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                             Train(CanonicalOf(spec), options));
  EXPECT_EQ(outcome.state, State::kDone);
}

// Stops a run every seven steps until it is done.
void TrainInPieces(const RunSpec& spec, RunOptions options) {
  State state = State::kStopped;
  for (int i = 0; state == State::kStopped && i < 20; ++i) {
    int left = 7;
    options.stop_requested = [&] { return left-- <= 0; };
    NCLAB_ASSERT_OK_AND_ASSIGN(const RunOutcome outcome,
                               Train(CanonicalOf(spec), options));
    state = outcome.state;
  }
  EXPECT_EQ(state, State::kDone);
}

// Adam divides by the root of squared gradients plus eps. Where a gradient is
// nothing but rounding, as those of a bias before batch normalisation, a large
// eps keeps it so: rounding d becomes lr d / eps at most.
class RewrittenRun
    : public testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  static RunSpec TheSpec() {
    RunSpec spec = Spec(std::get<0>(GetParam()));
    spec.optimizer = std::get<1>(GetParam());
    return spec;
  }
};

TEST_P(RewrittenRun, GivesTheSameBytesHoweverOftenItIsStopped) {
  const std::string directory = EmptyTestDirectory();
  TrainIn(TheSpec(), In(directory + "/whole"));
  TrainInPieces(TheSpec(), In(directory + "/pieces"));
  EXPECT_TRUE(Results(directory + "/whole") == Results(directory + "/pieces"));
}

TEST(Normalisation, CountsItsBatchesHoweverOftenItIsStopped) {
  const std::string directory = EmptyTestDirectory();
  TrainInPieces(Spec(kResNet), In(directory));
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const auto checkpoint,
      LoadTensors(RunDirectory(directory).Checkpoint(kSteps)));
  for (const char* layer : {"bn1", "layer4.1.bn2"}) {
    const auto found =
        checkpoint.tensors.find(absl::StrCat(layer, ".num_batches_tracked"));
    ASSERT_NE(found, checkpoint.tensors.end()) << layer;
    EXPECT_EQ(found->second.item<int64_t>(), kSteps) << layer;
  }
}

// How far apart checkpoints `a` and `b` are: the greatest difference within a
// tensor, relative to its greatest value, of the tensor where that is most.
struct Distance {
  double relative = 0;
  std::string tensor;
};
Distance DistanceOf(const std::string& a, const std::string& b) {
  const auto got_file = LoadTensors(a), want_file = LoadTensors(b);
  EXPECT_THAT(got_file, IsOk());
  EXPECT_THAT(want_file, IsOk());
  Distance distance;
  for (const auto& [name, want] : want_file->tensors) {
    if (name.rfind("nclab.sum.", 0) == 0) continue;  // with rewrites only
    const auto found = got_file->tensors.find(name);
    if (found == got_file->tensors.end() ||
        found->second.sizes() != want.sizes()) {
      ADD_FAILURE() << name << " is missing or has another shape";
      continue;
    }
    if (name.find("generator") != std::string::npos || name == "nclab.losses") {
      continue;
    }
    const at::Tensor x = found->second.to(at::kDouble),
                     y = want.to(at::kDouble);
    const double relative = (x - y).abs().max().item<double>() /
                            (y.abs().max().item<double>() + 5e-4);
    if (relative > distance.relative) distance = {relative, name};
  }
  return distance;
}

// Of one step, in fp32.
constexpr double kRounding = 2e-3;

// Rounding aside, after one step: rounding in fp32 grows too fast with so few
// samples to compare later ones (reductions_test follows 200 steps in fp64).
TEST_P(RewrittenRun, AgreesWithThePlainOne) {
  const std::string directory = EmptyTestDirectory();
  RunSpec spec = TheSpec();
  spec.steps = 1;
  TrainIn(spec, In(directory + "/on"));
  TrainIn(spec, In(directory + "/off", false));
  const RunDirectory on(directory + "/on"), off(directory + "/off");

  const Distance distance = DistanceOf(on.Checkpoint(1), off.Checkpoint(1));
  EXPECT_LE(distance.relative, kRounding) << distance.tensor;

  NCLAB_ASSERT_OK_AND_ASSIGN(const auto rows, on.ReadMetrics());
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto plain, off.ReadMetrics());
  ASSERT_EQ(rows.size(), plain.size());
  std::map<std::string, int> anchors;
  for (size_t i = 0; i < rows.size(); ++i) {
    const std::string name =
        absl::StrCat(rows[i].step, " ", rows[i].split, " ", rows[i].layer, " ",
                     rows[i].metric, " ", rows[i].anchor);
    ASSERT_EQ(rows[i].metric, plain[i].metric);
    ASSERT_EQ(rows[i].anchor, plain[i].anchor);
    ++anchors[rows[i].anchor];
    if (std::isnan(plain[i].value)) {
      EXPECT_TRUE(std::isnan(rows[i].value)) << name;
      continue;
    }
    EXPECT_NEAR(rows[i].value, plain[i].value,
                5e-3 * std::abs(plain[i].value) + 1e-4)
        << name;
  }
  EXPECT_GT(anchors["own"], 0);
  EXPECT_GT(anchors["final"], 0);
}

// Goes on until `left` more questions were asked, a step each where nothing is
// evaluated. The step that it is at then.
int64_t GoOn(const RunSpec& spec, RunOptions options, int left) {
  options.stop_requested = [&] { return left-- <= 0; };
  const auto outcome = Train(CanonicalOf(spec), options);
  EXPECT_THAT(outcome, IsOk());
  if (!outcome.ok()) return -1;
  EXPECT_EQ(outcome->state, State::kStopped);
  return outcome->step;
}

// A run that was begun without rewrites goes on with them, and the other way:
// the next step is the one that it would have made as it was. Rounding tells on
// which side of a ReLU's kink a sample lies, now and then, and with ten samples
// a batch such a step is another one; a mistake of the switch shows whatever
// the seed. So the nearest of three seeds counts.
TEST_P(RewrittenRun, GoesOnFromAPlainCheckpointAndBack) {
  const std::string directory = EmptyTestDirectory();
  for (const bool first : {false, true}) {
    Distance nearest = {INFINITY, ""};
    for (const int64_t seed : {0, 1, 2}) {
      RunSpec spec = TheSpec();
      spec.seed = seed;
      const std::string same = absl::StrCat(directory, "/same", first, seed);
      const std::string mixed = absl::StrCat(directory, "/mixed", first, seed);
      const int64_t step = GoOn(spec, In(same, first), 19);
      ASSERT_GE(step, 7) << "momentum has a past";
      std::filesystem::copy(same, mixed,
                            std::filesystem::copy_options::recursive);
      ASSERT_EQ(GoOn(spec, In(same, first), 1), step + 1);
      ASSERT_EQ(GoOn(spec, In(mixed, !first), 1), step + 1);
      const Distance distance =
          DistanceOf(RunDirectory(mixed).Checkpoint(step + 1),
                     RunDirectory(same).Checkpoint(step + 1));
      if (distance.relative < nearest.relative) nearest = distance;
      TrainIn(spec, In(mixed, !first));
    }
    EXPECT_LE(nearest.relative, kRounding) << nearest.tensor;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Models, RewrittenRun,
    testing::Combine(testing::Values(kResNet, kVgg),
                     testing::Values("sgd", "sgd(nesterov=true)",
                                     "adam(eps=0.01)",
                                     "adamw(weight_decay=0,eps=0.01)")),
    [](const auto& info) {
      const std::string optimizer = std::get<1>(info.param);
      return absl::StrCat(
          std::string(std::get<0>(info.param)).substr(0, 5), "_",
          optimizer.substr(0, optimizer.find('(')),
          optimizer.find("nesterov") == std::string::npos ? "" : "_nesterov");
    });

TEST(Manifest, SaysWhatWasRewritten) {
  const std::string directory = EmptyTestDirectory();
  TrainIn(Spec(kResNet), In(directory + "/on"));
  const std::string on = BytesOf(directory + "/on/manifest.json");
  EXPECT_THAT(on, HasSubstr("layer4.0.conv1.weight"));
  EXPECT_THAT(on, HasSubstr("4 of 9 kernel positions"));
  EXPECT_THAT(on, HasSubstr("3 copies of one channel"));
  EXPECT_THAT(on, HasSubstr("\"rewrites_left_out\": null"));
  EXPECT_THAT(on, HasSubstr("\"memory_format\": \"channels_last\""));
}

TEST(Manifest, SaysWhyNothingWasRewritten) {
  const std::string directory = EmptyTestDirectory();
  TrainIn(Spec(kResNet), In(directory + "/off", false));
  const std::string off = BytesOf(directory + "/off/manifest.json");
  EXPECT_THAT(off, HasSubstr("--rewrite=off"));
  EXPECT_THAT(off, HasSubstr("\"rewrites\": []"));
  for (const char* optimizer :
       {"sgd(weight_decay=1e-3)", "sgd(weight_decay=1e-3,decoupled=true)",
        "adam(weight_decay=1e-3)", "adamw"}) {
    RunSpec decays = Spec(kResNet);
    decays.optimizer = optimizer;
    const std::string run = absl::StrCat(directory, "/", optimizer);
    TrainIn(decays, In(run));
    const std::string manifest = BytesOf(run + "/manifest.json");
    EXPECT_THAT(manifest, HasSubstr("weight decay")) << optimizer;
    EXPECT_THAT(manifest, Not(HasSubstr("kernel positions touch")));
  }
}

TEST(Spec, HasNoRewriteInIt) {
  EXPECT_THAT(ToJson(CanonicalOf(Spec(kResNet))), Not(HasSubstr("rewrite")));
}

}  // namespace
}  // namespace nclab
