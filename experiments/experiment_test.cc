#include "experiments/experiment.h"

#include <functional>
#include <utility>

#include "experiments/plan.h"
#include "experiments/spec/canonical.h"
#include "experiments/statistics.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(SelectLayers, KnowsHiddenAndPre) {
  std::vector<MetricRow> rows(4);
  rows[0].layer = "fc1.pre";
  rows[1].layer = "fc1";
  rows[2].layer = "features";
  using Names = std::vector<std::string>;
  EXPECT_EQ(SelectLayers(rows, "hidden"), Names{"fc1"});
  EXPECT_EQ(SelectLayers(rows, "pre"), Names{"fc1.pre"});
  EXPECT_EQ(SelectLayers(rows, "fc1"), Names{"fc1"});
  rows.erase(rows.begin(), rows.begin() + 2);
  EXPECT_EQ(SelectLayers(rows, "hidden"), Names{"features"});
}

// Two cells, the second from a checkpoint of the first, and one of everything.
Experiment Whole() {
  Experiment e;
  e.cells = {{"first", RunSpec()}, {"second", RunSpec(), "first", 0.5}};
  e.presets = {
      {"paper", "", {}, {0}, {{{{"cell", "second"}}, {{"steps", "5"}}}}},
      {"small", "", {}, {0}, {{{{"cell", "second"}}, {}, true}}},
      {"smoke", "", {}, {0}}};
  Panel curves, marks;
  curves.id = "curves";
  curves.curves = {{"first", TrainVariance()}};
  marks.id = "marks";
  marks.marks = {{"m", At("first", TrainVariance(), AtShare(0.5)),
                  Best({At("first", StrongTestVariance()),
                        At("second", StrongTestVariance())})}};
  e.panels = {curves, marks};
  e.claims = {{"claim", "", "", At("first", TrainVariance())}};
  return e;
}

TEST(CheckExperiment, NamesWhatIsWrong) {
  EXPECT_TRUE(CheckExperiment(Whole()).ok()) << CheckExperiment(Whole());
  const auto says = [](const std::string& words,
                       const std::function<void(Experiment&)>& spoil) {
    Experiment e = Whole();
    spoil(e);
    const absl::Status status = CheckExperiment(e);
    EXPECT_NE(status.message().find(words), status.message().npos)
        << words << ": " << status;
    // A plan does not throw either.
    EXPECT_FALSE(MakePlan(e, {"paper", {}, "", {}}, Canonical).ok()) << words;
  };
  const Number misspelt = At("frist", TrainVariance());
  says("panel 'curves': Unknown cell 'frist'",
       [](auto& e) { e.panels[0].curves[0].cell = "frist"; });
  says("panel 'marks': Unknown cell 'frist'",
       [&](auto& e) { e.panels[1].marks[0].x = misspelt; });
  says("panel 'marks': Unknown cell 'frist'", [&](auto& e) {
    e.panels[1].marks[0].y = Best({Number(1), misspelt});
  });
  says("claim 'claim': Unknown cell 'frist'",
       [&](auto& e) { e.claims[0].statistic = misspelt; });
  says("claim 'claim' names no cells",
       [](auto& e) { e.claims[0].statistic = Number(1); });
  says("preset 'paper': Unknown cell 'thrid'", [](auto& e) {
    e.presets[0].rules = {{{{"cell", "thrid"}}}};
  });
  says("preset 'paper', rule for 'size=5' matches no cell", [](auto& e) {
    e.presets[0].rules = {{{{"size", "5"}}}};
  });
  says("lr={rate} names an axis that its cells lack", [](auto& e) {
    e.presets[0].rules = {{{}, {{"lr", "{rate}"}}}};
  });
  says("Unknown setting of a run 'stepz'", [](auto& e) {
    e.presets[0].rules = {{{{"cell", "first"}}, {{"stepz", "5"}}}};
  });
  says("preset 'smoke', set: Unknown setting", [](auto& e) {
    e.presets[2].set = {{"stepz", "5"}};
  });
  says("cell 'second', parent: Unknown cell 'frist'",
       [](auto& e) { e.cells[1].parent = "frist"; });
  says("starts from new weights 'second'", [](auto& e) {
    e.cells.push_back({"third", RunSpec(), "second", 0.5});
  });
  says("parent_at is 0", [](auto& e) { e.cells[1].parent_at = 0; });
  says("two cells 'first'", [](auto& e) { e.cells[1] = e.cells[0]; });
  says("two panels 'curves'", [](auto& e) { e.panels[1].id = "curves"; });
  says("two claims 'claim'", [](auto& e) { e.claims.push_back(e.claims[0]); });
  says("two presets 'paper'", [](auto& e) { e.presets[1].name = "paper"; });
  says("a claim has no name", [](auto& e) { e.claims[0].id = ""; });
  says("preset 'small' has no seeds", [](auto& e) { e.presets[1].seeds = {}; });
  says("two readings 'text'", [](auto& e) {
    e.readings = {{"text", "", {}, {"d"}}};
  });
  says("names no departure", [](auto& e) { e.readings = {{"code", ""}}; });
  says("leaves cells out", [](auto& e) {
    e.readings = {{"code", "", {{.leave_out = true}}, {"d"}}};
  });
  says("reading 'code': Unknown cell 'frist'", [](auto& e) {
    e.readings = {{"code", "", {{{{"cell", "frist"}}}}, {"d"}}};
  });
  says("Unknown preset 'smoke'", [](auto& e) { e.presets.pop_back(); });
}

TEST(CheckExperiment, TakesAParentThatIsDeclaredLater) {
  Experiment e = Whole();
  std::swap(e.cells[0], e.cells[1]);
  const auto plan =
      MakePlan(e, {"paper", {0}, "", {{"dataset", "gaussian_etf"}}}, Canonical);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ((*plan)[0].cell, "first");
}

TEST(RegisterExperimentDeathTest, AbortsWhenABrokenOneIsMade) {
  EXPECT_DEATH(
      {
        RegisterExperiment(
            {.name = "broken"},
            [] {
              Experiment e = Whole();
              e.cells[1].parent = "frist";
              return e;
            },
            "broken.cc", 7);
        (*Experiments().Find("broken"))->factory();
      },
      "experiment 'broken' \\(broken.cc:7\\): cell 'second', parent: "
      "Unknown cell 'frist'");
}

TEST(Plan, AppliesOverridesAfterThePreset) {
  const auto entry = Experiments().Find("fig6");
  ASSERT_TRUE(entry.ok());
  const auto plan =
      MakePlan((*entry)->factory(),
               {"smoke", {5}, "model=mlp", {{"steps", "7"}}}, Canonical);
  ASSERT_TRUE(plan.ok()) << plan.status();
  ASSERT_EQ(plan->size(), 1u);
  EXPECT_EQ((*plan)[0].spec.steps, 7);
  EXPECT_EQ((*plan)[0].spec.seed, 5);
}

TEST(Plan, MakesTheSameParentWhateverOnlySays) {
  const auto entry = Experiments().Find("fig5");
  ASSERT_TRUE(entry.ok());
  const Experiment fig5 = (*entry)->factory();
  const auto all = MakePlan(fig5, {"paper", {0}, "", {}}, Canonical);
  const auto one = MakePlan(
      fig5, {"paper", {0}, "cell=mnist-finetune-60%-lr0.001", {}}, Canonical);
  const auto parent =
      MakePlan(fig5, {"paper", {0}, "cell=mnist-pretrain", {}}, Canonical);
  ASSERT_TRUE(all.ok() && one.ok() && parent.ok());
  ASSERT_EQ(one->size(), 2u);
  ASSERT_EQ(parent->size(), 1u);
  EXPECT_EQ(ToJson((*one)[0].spec), ToJson((*all)[0].spec));
  EXPECT_EQ(ToJson((*parent)[0].spec), ToJson((*all)[0].spec));
  EXPECT_EQ((*one)[1].spec.init_step, 60000);
}

// Of figure 4 at preset small, seed 0.
absl::StatusOr<std::vector<PlanRun>> Fig4Plan(
    const std::string& reading,
    const std::vector<std::pair<std::string, std::string>>& overrides = {}) {
  const auto entry = Experiments().Find("fig4");
  EXPECT_TRUE(entry.ok());
  return MakePlan((*entry)->factory(), {"small", {0}, "", overrides, reading},
                  Canonical);
}

TEST(Plan, FollowsTheReading) {
  const auto text = Fig4Plan("text"), axes = Fig4Plan("axes"),
             code = Fig4Plan("code");
  ASSERT_TRUE(text.ok() && axes.ok() && code.ok())
      << axes.status() << code.status();
  ASSERT_EQ(text->size(), axes->size());
  for (size_t i = 0; i < text->size(); ++i) {
    RunSpec as_text = (*text)[i].spec;
    const RunSpec& read = (*axes)[i].spec;
    const bool resnet = read.model.find("resnet18") == 0;
    EXPECT_EQ(read.model.find("stem=cifar") != read.model.npos, resnet);
    // A convention is no setting: it is measured, too.
    EXPECT_EQ(
        std::count(read.metrics.begin(), read.metrics.end(), "nc1_pinv_trace"),
        resnet ? 0 : 1);
    as_text.model = read.model;
    as_text.metrics = read.metrics;
    EXPECT_EQ(ToJson(as_text), ToJson(read));
  }
}

TEST(Plan, RefusesAReadingThatThereIsNot) {
  const auto plan = Fig4Plan("axis");
  EXPECT_NE(plan.status().message().find("Known: axes, code, text"),
            std::string::npos)
      << plan.status();
}

TEST(Plan, RefusesAReadingTogetherWithASettingOfTheSameField) {
  for (const char* key : {"model", "model.stem"}) {
    const auto plan = Fig4Plan("axes", {{key, "resnet18"}});
    EXPECT_NE(plan.status().message().find("sets model.stem=cifar"),
              std::string::npos)
        << plan.status();
    EXPECT_TRUE(Fig4Plan("code", {{"model", "vgg11_bn"}}).ok());
  }
}

TEST(Plan, RefusesWhatItDoesNotKnow) {
  const auto entry = Experiments().Find("fig6");
  ASSERT_TRUE(entry.ok());
  const Experiment fig6 = (*entry)->factory();
  EXPECT_FALSE(MakePlan(fig6, {"tiny", {}, "", {}}, Canonical).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {}, "colour=red", {}}, Canonical).ok());
  EXPECT_FALSE(
      MakePlan(fig6, {"smoke", {}, "", {{"stepz", "7"}}}, Canonical).ok());
  EXPECT_FALSE(MakePlan(fig6,
                        {"smoke", {}, "", {{"steps", "7"}, {"steps", "8"}}},
                        Canonical)
                   .ok());
  EXPECT_FALSE(
      MakePlan(fig6, {"smoke", {}, "", {{"seed", "1"}}}, Canonical).ok());
  EXPECT_FALSE(MakePlan(fig6, {"smoke", {3, 3}, "", {}}, Canonical).ok());
  EXPECT_FALSE(
      MakePlan(fig6, {"smoke", {}, "model=mlp,model=vgg", {}}, Canonical).ok());
}

}  // namespace
}  // namespace nclab
