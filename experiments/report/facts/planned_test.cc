#include "experiments/report/facts/planned.h"

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

RunFacts RunOf(const std::string& cell, const RunSpec& spec, int64_t samples) {
  RunFacts run;
  run.run.cell = cell;
  run.spec = ToJson(spec);
  run.train_samples = samples;
  return run;
}

TEST(StepsPerEpoch, IsWhatFitsIntoTheSamples) {
  const auto steps = [](int64_t samples) {
    return StepsPerEpoch(RunOf("a", Spec("cifar10"), samples));
  };
  EXPECT_EQ(steps(50000), 390);
  EXPECT_EQ(steps(2000), 15);
  EXPECT_EQ(steps(100), 1) << "a batch is no more than there are";
  EXPECT_EQ(steps(0), 1) << "not known";
  EXPECT_EQ(StepsPerEpoch(RunFacts()), 1);
  RunFacts fresh = RunOf("a", Spec("cifar10"), 2000);
  fresh.steps_per_epoch = 7;
  EXPECT_EQ(StepsPerEpoch(fresh), 7) << "the stream's own";
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
               Above(At("a", TrainVariance()), At("b", TrainVariance()))}};
  return e;
}

TEST(NameRuns, SaysWhatWasRunNotWhatThePaperRan) {
  Experiment e = TwoNetworks();
  NameRuns({}, {}, e);
  EXPECT_EQ(e.panels[0].title, "vgg11_bn on mnist, left");
  EXPECT_EQ(e.panels[1].title, "resnet18 on mnist, left");
  EXPECT_EQ(e.claims[0].text, "vgg11_bn, resnet18 on mnist: it holds.");

  e = TwoNetworks();
  NameRuns({RunOf("a", Spec("svhn(train_size=10)", "resnet18(width=16)"), 10)},
           {}, e);
  EXPECT_EQ(e.panels[0].title, "resnet18 on svhn, left");
  EXPECT_EQ(e.panels[1].title, "resnet18 on mnist, left");
  EXPECT_EQ(e.claims[0].text, "resnet18 on svhn, mnist: it holds.");
}

TEST(NameRuns, SaysInWhichConventionVariancesAreRead) {
  Experiment e = TwoNetworks();
  e.claims[0].text +=
      " It is above a tenth of the variance between the classes.";
  const Reading trace = {
      "code", "", {{.where = {{"cell", "a"}}, .read = {"nc1_pinv_trace"}}}, {}};
  NameRuns({}, trace, e);
  EXPECT_EQ(e.panels[0].title,
            "vgg11_bn on mnist (variance read as Tr(S_W S_B^+), means of the "
            "same step), left");
  EXPECT_EQ(e.panels[1].title, "resnet18 on mnist, left");
  EXPECT_EQ(
      e.claims[0].text,
      "vgg11_bn, resnet18 on mnist (variance read as Tr(S_W S_B^+), means "
      "of the same step): it holds. It is above 0.1.");
}

// The labels of two marks whose runs have so many samples; 0: not known.
std::vector<std::string> Labels(int64_t first, int64_t second) {
  Experiment e;
  e.title = "{runs}";
  e.cells = {{"a", Spec("mnist")}, {"b", Spec("mnist")}};
  e.panels.resize(1);
  for (const char* cell : {"a", "b"}) {
    e.panels[0].marks.push_back({"N = {samples}", At(cell, TrainVariance()),
                                 At(cell, StrongTestVariance())});
  }
  NameRuns(
      {RunOf("a", Spec("mnist"), first), RunOf("b", Spec("mnist"), second)}, {},
      e);
  EXPECT_EQ(e.title, "mlp on mnist");
  return {e.panels[0].marks[0].label, e.panels[0].marks[1].label};
}

TEST(NameRuns, LabelsMarksByTheirSamplesWhereThoseTellThemApart) {
  using Two = std::vector<std::string>;
  EXPECT_EQ(Labels(100, 60000), (Two{"N = 100", "N = 60000"}));
  EXPECT_EQ(Labels(100, 100), (Two{"a", "b"}));
  EXPECT_EQ(Labels(100, 0), (Two{"N = 100", "b"}));
}

}  // namespace
}  // namespace nclab
