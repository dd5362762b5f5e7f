// weak_construction: weak test collapse by construction (section 2.1 of the
// paper). The features are the one-hot vector of a trained network's decision.
// With all wrong classes equally likely, as around a simplex ETF, and test
// error p StrongTestVariance is (1 - a^2) / a^2, a = 1 - p K / (K - 1).
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr double kClasses = 10;
constexpr char kEtf[] =
    "gaussian_etf(num_classes=10,dim=16,per_class=1000,test_samples=2000,"
    "ratio={ratio})";

Axis Data() {
  const auto row = [](const std::string& data, const std::string& dataset,
                      const std::string& net, const std::string& lr) {
    return Words{
        {"data", data}, {"dataset", dataset}, {"net", net}, {"lr", lr}};
  };
  Axis data = {row("mnist", "mnist", "mlp(width=1024,depth=3)", "0.01"),
               row("cifar10", "cifar10", "resnet18", "0.1")};
  for (const Words& ratio : Values("ratio", "0.5|1|2|4")) {
    data.push_back(row("etf", Fill(kEtf, ratio), "linear", "0.1"));
    data.back().insert(ratio.begin(), ratio.end());
  }
  return data;
}

Number Accuracy(const std::string& cell) {
  return At(cell, {"accuracy", "test", "", ""});
}

// Of the one-hot features, and what their test error alone makes of it.
Number Strong(const std::string& cell) {
  return At(cell, StrongTestVariance("one_hot"));
}
Number ClosedForm(const std::string& cell) {
  const Number a = 1 - (1 - Accuracy(cell)) / (1 - 1 / kClasses);
  return 1 / a / a - 1;
}

Number Size(const Number& a) { return Greatest({a, 0 - a}); }

Claim FollowsTheError(const std::string& id, const std::string& data,
                      const std::string& words, const Experiment& e) {
  std::vector<Number> off;
  for (const std::string& cell : CellsAt(e.cells, {{"data", data}})) {
    off.push_back(Size(Strong(cell) - ClosedForm(cell)) /
                  Greatest({ClosedForm(cell), 1e-9}));  // no error: 0 of both
  }
  return {.id = "strong_is_that_of_the_error_" + id,
          .text = "{runs}, " + words +
                  ": StrongTestVariance of the one-hot features is that of the "
                  "test error, within 5 %.",
          .effect = "1 - greatest relative difference / 0.05",
          .statistic = Below(Greatest(off), 0.05)};
}

Experiment WeakConstruction() {
  Experiment e;
  e.title = "Weak test collapse by construction: the decision as features";
  e.paper =
      "Section 2.1: the one-hot vector of any network's decision is fully "
      "weakly collapsed on test data; strong test collapse would need a "
      "classifier without error.";
  e.cells = Product({Data()}, [](const Words& at) {
    Cell cell{Fill(at.count("ratio") ? "etf-{ratio}" : "{data}", at),
              PaperRun(at.at("dataset"), Fill("one_hot(of={net})", at),
                       std::stod(at.at("lr")))};
    if (at.at("data") == "etf") cell.spec.steps = 2000;
    cell.spec.layers = {"features", "one_hot"};
    cell.spec.metrics.push_back("ncc_accuracy");
    cell.spec.metrics.push_back("weak_variance_ratio");
    return cell;
  });
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "MNIST: 1,000 training and test images, 256 units a layer; "
                  "CIFAR-10: 2,000 and 1,000 images, a quarter of the "
                  "channels; 1,500 SGD steps",
       .set = {{"steps", "1500"}, {"eval_points", "10"}},
       .seeds = {0, 1, 2},
       .rules = {{.where = {{"data", "mnist"}},
                  .set = {{"dataset.train_per_class", "100"},
                          {"dataset.test_per_class", "100"},
                          {"model.of", "mlp(width=256,depth=3)"}}},
                 {.where = {{"data", "cifar10"}},
                  .set = {{"dataset.train_per_class", "200"},
                          {"dataset.test_per_class", "100"},
                          {"model.of", "resnet18(width=16)"}}}}},
      SmokePreset({0})};
  e.presets.back().set = {{"dataset", "synthetic_images(train=200,test=100)"},
                          {"model", "one_hot(of=mlp(width=64))"},
                          {"lr", "0.02"},
                          {"steps", "200"},
                          {"eval_points", "2"}};
  e.presets.back().rules = {
      {.where = {{"data", "etf"}},
       .set = {{"dataset", kEtf}, {"model", "one_hot(of=linear)"}}}};
  Panel panel{.id = "variance",
              .title = "The one-hot features, {runs}",
              .x_title = "StrongTestVariance by the closed form of the error",
              .y_title = "StrongTestVariance"};
  std::vector<Number> weak, changed;
  for (const Cell& cell : e.cells) {
    panel.marks.push_back(
        {cell.name, ClosedForm(cell.name), Strong(cell.name)});
    weak.push_back(
        At(cell.name, {"weak_variance_ratio", "test", "final", "one_hot"}));
    changed.push_back(
        Size(Accuracy(cell.name) -
             At(cell.name, {"ncc_accuracy", "test", "own", "one_hot"})));
  }
  e.panels = {panel};
  e.claims = {
      {.id = "weakly_collapsed",
       .text = "{runs}: WeakTestVariance of the one-hot features is 0.",
       .effect = "greatest WeakTestVariance",
       .statistic = ClaimStatistic::Distance(Greatest(weak))},
      {.id = "accuracy_unchanged",
       .text = "{runs}: the nearest class mean of the one-hot features has the "
               "network's test accuracy.",
       .effect = "greatest difference of the accuracies",
       .statistic = ClaimStatistic::Distance(Greatest(changed))},
      FollowsTheError("etf", "etf", "all wrong classes equally likely", e),
      FollowsTheError("nets", "mnist|cifar10", "some confusions likelier", e),
      {.id = "own_features_do_not",
       .text = "{runs}: WeakTestVariance of the network's own features is "
               "above a tenth of the variance between the centres.",
       .effect = "log10 of the least one over 0.1",
       .statistic =
           Least({Above(At("mnist", WeakTestVariance()), kNegligible),
                  Above(At("cifar10", WeakTestVariance()), kNegligible)})}};
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "weak_construction",
     .summary = "the one-hot decision as features, against closed forms",
     .reference = "arXiv 2202.08384, section 2.1"},
    WeakConstruction);

}  // namespace
}  // namespace nclab
