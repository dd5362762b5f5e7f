#include "experiments/report/page/planned.h"

#include "experiments/statistics.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

RunSpec Spec(const std::string& dataset, const std::string& model = "mlp") {
  RunSpec spec;
  spec.dataset = dataset;
  spec.model = model;
  return spec;
}

TEST(StepsPerEpoch, ComesFromTheViewOrTheOfficialCounts) {
  EXPECT_EQ(StepsPerEpoch(Spec("cifar10")), 390);
  EXPECT_EQ(StepsPerEpoch(Spec("cifar10(train_per_class=200)")), 15);
  EXPECT_EQ(StepsPerEpoch(Spec("mnist(train_size=1000,skip=500)")), 7);
  EXPECT_EQ(StepsPerEpoch(Spec("mnist(skip=59000)")), 7);
  // 2,500 of each of 8 classes.
  EXPECT_EQ(StepsPerEpoch(Spec(
                "cifar10(train_per_class=2500,superclass=objects_animals)")),
            156);
  EXPECT_EQ(StepsPerEpoch(Spec("mnist(train_size=100)")), 1);
  EXPECT_EQ(StepsPerEpoch(Spec("gaussian_etf(per_class=1000)")), 1);
  EXPECT_EQ(StepsPerEpoch(Spec("of_another_workspace")), 1);
}

// Two networks on one dataset: a panel of each, and a claim about both.
Experiment TwoNetworks() {
  Experiment e;
  e.cells = {{"a", Spec("mnist(train_size=10)", "vgg11_bn")},
             {"b", Spec("mnist", "resnet18")}};
  for (const char* cell : {"a", "b"}) {
    Panel panel;
    panel.id = cell;
    panel.title = "{runs}, left";
    panel.curves = {{cell, TrainVariance()}, {cell, StrongTestVariance()}};
    e.panels.push_back(panel);
  }
  e.claims = {{"c", "{runs}: it holds.", "",
               Above({{"a"}, TrainVariance()}, {{"b"}, TrainVariance()})}};
  return e;
}

TEST(NameRuns, SaysWhatWasRunNotWhatThePaperRan) {
  Experiment e = TwoNetworks();
  NameRuns({}, e);
  EXPECT_EQ(e.panels[0].title, "vgg11_bn on mnist, left");
  EXPECT_EQ(e.panels[1].title, "resnet18 on mnist, left");
  EXPECT_EQ(e.claims[0].text, "vgg11_bn, resnet18 on mnist: it holds.");

  RunFacts run;
  run.run.cell = "a";
  run.spec = ToJson(Spec("svhn(train_size=10)", "resnet18(width=16)"));
  e = TwoNetworks();
  NameRuns({run}, e);
  EXPECT_EQ(e.panels[0].title, "resnet18 on svhn, left");
  EXPECT_EQ(e.panels[1].title, "resnet18 on mnist, left");
  EXPECT_EQ(e.claims[0].text, "resnet18 on svhn, mnist: it holds.");
}

// The labels of two marks whose runs have these datasets.
std::vector<std::string> Labels(const std::string& first,
                                const std::string& second) {
  Experiment e;
  e.title = "{runs}";
  e.cells = {{"a", Spec(first)}, {"b", Spec(second)}};
  e.panels.resize(1);
  for (const char* cell : {"a", "b"}) {
    e.panels[0].marks.push_back({"N = {samples}",
                                 {{cell}, TrainVariance()},
                                 {{cell}, StrongTestVariance()}});
  }
  NameRuns({}, e);
  EXPECT_EQ(e.title.find("mlp on "), 0u);
  return {e.panels[0].marks[0].label, e.panels[0].marks[1].label};
}

TEST(NameRuns, LabelsMarksByTheirSamplesWhereThoseTellThemApart) {
  using Two = std::vector<std::string>;
  EXPECT_EQ(Labels("mnist(train_size=100)", "mnist"),
            (Two{"N = 100", "N = 60000"}));
  EXPECT_EQ(Labels("mnist", "mnist"), (Two{"a", "b"}));
  EXPECT_EQ(Labels("mnist", "gaussian_etf"), (Two{"a", "b"}));
}

}  // namespace
}  // namespace nclab
