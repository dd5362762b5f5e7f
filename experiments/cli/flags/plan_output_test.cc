#include "experiments/cli/flags/plan_output.h"

#include "experiments/spec/canonical.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

Experiment Find(const std::string& name) {
  return (*Experiments().Find(name))->factory();
}

// The paper's plan of one seed.
PlanFacts PlanOf(const std::string& name, const std::string& only = "") {
  PlanFacts facts;
  facts.experiment = name;
  facts.preset = "paper";
  const PlanChoices choices = {"paper", {0}, only, {}};
  const auto plan = MakePlan(Find(name), choices, Canonical);
  EXPECT_TRUE(plan.ok()) << plan.status();
  facts.runs = *plan;
  facts.open = plan->size();
  facts.shared = SharedRuns(name, facts.runs, choices, Canonical);
  facts.estimated = true;
  return facts;
}

TEST(SharedRuns, AreTheSameRecipesWhateverIsMeasured) {
  const PlanFacts facts = PlanOf("fig1");
  ASSERT_EQ(facts.shared.size(), 1u);
  EXPECT_THAT(facts.shared.begin()->second,
              ElementsAre("cascade_depth", "fig2", "fig3"));
  // Figure 4's largest size is the whole dataset, too, but stops early.
  EXPECT_TRUE(PlanOf("fig4").shared.empty());
  // --only does not hide what another figure has: ResNet18, and VGG11.
  EXPECT_EQ(PlanOf("fig2", "dataset=cifar10").shared.size(), 2u);
}

TEST(PlanText, SaysCostSizeAndWhatIsShared) {
  PlanFacts facts = PlanOf("fig1");
  const std::string run = RunName(facts.runs[0].spec);
  facts.estimate.runs[run] = {{0.5, 2, 11181642}, 40080};
  facts.estimate.seconds = 40080;
  const std::string text = PlanText(facts);
  EXPECT_THAT(text, HasSubstr("steps=80000, lr=0.1"));
  EXPECT_THAT(text, HasSubstr("11,181,642 parameters; 2 steps/s measured: "
                              "about 11 h 8 min"));
  EXPECT_THAT(text, HasSubstr("the same run as in cascade_depth, fig2, fig3"));
  EXPECT_THAT(text, HasSubstr("1 runs, 1 to do"));
}

TEST(PlanText, SaysChoicesWithoutTheirDefaults) {
  PlanFacts facts = PlanOf("fig1");
  EXPECT_THAT(PlanText(facts), HasSubstr("optimizer=sgd(momentum=0.9,"));
  const RunSpec& spec = facts.runs[0].spec;
  facts.shown[RunName(spec)] = *Shown(spec);
  const std::string text = PlanText(facts);
  EXPECT_THAT(text, HasSubstr("\n    resnet18 on cifar10, steps="));
  EXPECT_THAT(text, Not(HasSubstr("optimizer")));
}

TEST(PlanText, SaysFromWhichCheckpointARunStarts) {
  const PlanFacts facts = PlanOf("fig5", "cell=mnist-finetune-20%-lr0.001");
  EXPECT_THAT(PlanText(facts),
              HasSubstr("from step 20000 of mnist-mlp-seed0-"));
}

TEST(PlanJson, HasTheSameAsData) {
  PlanFacts facts = PlanOf("fig1");
  const std::string run = RunName(facts.runs[0].spec);
  auto json = nlohmann::json::parse(PlanJson(facts));
  EXPECT_EQ(json["experiment"], "fig1");
  EXPECT_EQ(json["runs"][0]["name"], run);
  EXPECT_EQ(json["runs"][0]["steps"], 80000);
  EXPECT_TRUE(json["runs"][0]["parameters"].is_null());
  EXPECT_TRUE(json["runs"][0]["estimated_seconds"].is_null());
  EXPECT_EQ(json["runs"][0]["shared_with"],
            (std::vector<std::string>{"cascade_depth", "fig2", "fig3"}));
  EXPECT_EQ(json["runs"][0]["spec"]["lr"], 0.1);
  facts.estimate.runs[run] = {{0.5, 2, 11181642}, 40080};
  facts.finished[run] = "/elsewhere";
  json = nlohmann::json::parse(PlanJson(facts));
  EXPECT_EQ(json["runs"][0]["parameters"], 11181642);
  EXPECT_EQ(json["runs"][0]["steps_per_second"], 2.0);
  EXPECT_EQ(json["runs"][0]["estimated_seconds"], 40080.0);
  EXPECT_EQ(json["runs"][0]["finished_in"], "/elsewhere");
}

TEST(MissingData, SaysWhatCanRunWithoutThem) {
  PlanFacts facts = PlanOf("fig2");
  facts.estimate.missing = {{"svhn", "Put there: train_32x32.mat."},
                            {"stl10", "Put there: train_X.bin."}};
  const absl::Status status = MissingData(Find("fig2"), facts);
  EXPECT_TRUE(absl::IsNotFound(status));
  const std::string message(status.message());
  EXPECT_THAT(message, HasSubstr("svhn: Put there: train_32x32.mat."));
  EXPECT_THAT(message, HasSubstr("stl10: Put there: train_X.bin."));
  EXPECT_THAT(message,
              HasSubstr("9 of 15 cells can run without them: "
                        "--only='dataset=cifar10|fashion_mnist|mnist'"));
  EXPECT_THAT(PlanText(facts), HasSubstr("its data are missing"));
}

TEST(MissingData, SaysWhereNothingCanRun) {
  PlanFacts facts = PlanOf("fig1");
  facts.estimate.missing = {{"cifar10", "Put there: test_batch.bin."}};
  const std::string message(MissingData(Find("fig1"), facts).message());
  EXPECT_THAT(message, HasSubstr("No cell can run without them."));
  EXPECT_THAT(message, Not(HasSubstr("--only")));
}

TEST(MissingData, CountsTheRunsThatACellStartsFrom) {
  PlanFacts facts = PlanOf("fig5");
  facts.estimate.missing = {{"cifar10", "Put there: test_batch.bin."}};
  // 1 pre-training, 6 checkpoints at 9 rates and 3 for the probe.
  EXPECT_THAT(std::string(MissingData(Find("fig5"), facts).message()),
              HasSubstr("73 of 146 cells can run without them: "
                        "--only='dataset=mnist'"));
}

}  // namespace
}  // namespace nclab
