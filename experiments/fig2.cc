// fig2: failure of test collapse on five datasets and three architectures
// (figure 2 of the paper).
#include <map>

#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

struct Data {
  std::string name;
  std::string parameters = "";  // of the paper's runs
  std::string reduced;          // of preset small
  bool large = false;           // ResNet50 in place of ResNet18
};

struct Net {
  std::string name;
  double lr;
  std::string reduced;
};

const std::vector<Data>& AllData() {
  static const auto* const data = new std::vector<Data>{
      {.name = "mnist",
       .parameters = "(image_size=32,channels=3)",
       .reduced =
           "(train_per_class=200,test_per_class=100,image_size=32,channels=3)"},
      {.name = "fashion_mnist",
       .parameters = "(image_size=32,channels=3)",
       .reduced =
           "(train_per_class=200,test_per_class=100,image_size=32,channels=3)"},
      {.name = "cifar10",
       .reduced = "(train_per_class=200,test_per_class=100)"},
      {.name = "svhn",
       .parameters = "(train_per_class=4600,test_per_class=1500)",
       .reduced = "(train_per_class=200,test_per_class=100)"},
      {.name = "stl10",
       .reduced = "(train_per_class=100,test_per_class=50)",
       .large = true},
  };
  return *data;
}

// The columns of the figure.
std::vector<Net> NetsFor(const Data& data) {
  const std::string resnet = data.large ? "resnet50" : "resnet18";
  return {
      {.name = resnet, .lr = 0.1, .reduced = resnet + "(width=16)"},
      {.name = "vgg11_bn",
       .lr = 0.01,
       .reduced = "vgg11_bn(width=16,hidden=256)"},
      {.name = "densenet201", .lr = 0.01, .reduced = "densenet201(growth=8)"}};
}

// The least and greatest labelled tick of each panel's axis in the paper; the
// first row as read off the picture.
const std::map<std::string, Range>& PaperAxes() {
  static const auto* const axes = new std::map<std::string, Range>{
      {"mnist-resnet18", {0.55, 0.9}},
      {"mnist-vgg11_bn", {0.6, 2}},
      {"mnist-densenet201", {0.5, 0.9}},
      {"fashion_mnist-resnet18", {0.1, 1}},
      {"fashion_mnist-vgg11_bn", {0.1, 10}},
      {"fashion_mnist-densenet201", {2, 4}},
      {"cifar10-resnet18", {0.1, 10}},
      {"cifar10-vgg11_bn", {2, 10}},
      {"cifar10-densenet201", {1, 10}},
      {"svhn-resnet18", {2, 4}},
      {"svhn-vgg11_bn", {1, 3}},
      {"svhn-densenet201", {2, 6}},
      {"stl10-resnet50", {1, 10}},
      {"stl10-vgg11_bn", {2, 10}},
      {"stl10-densenet201", {1, 10}},
  };
  return *axes;
}

Experiment Fig2() {
  Experiment e;
  e.title = "Test collapse fails: five datasets, three architectures";
  e.paper =
      "In each of the 15 panels the network is trained to 0 training error and "
      "a loss below 1e-5; TrainVariance falls, StrongTestVariance does not and "
      "stays above it.";
  Preset small{
      .name = "small",
      .summary =
          "200 training and 100 test images a class (STL-10: 100 and 50), a "
          "quarter of the channels (DenseNet201: growth 8 in place of 32; "
          "VGG11: 256 hidden units in place of 4,096), 2,000 SGD steps in "
          "place of 80,000 (STL-10: 1,000); one seed in place of three",
      .seeds = {0}};
  for (const Data& data : AllData()) {
    std::vector<Statistic> losses, tests;
    for (const Net& net : NetsFor(data)) {
      const std::string cell = absl::StrCat(data.name, "-", net.name);
      e.cells.push_back(
          {cell, PaperRun(data.name + data.parameters, net.name, net.lr)});
      small.cell_set[cell] = {{"dataset", data.name + data.reduced},
                              {"model", net.reduced},
                              {"steps", data.large ? "1000" : "2000"}};
      Panel panel =
          VariancePanel(cell, "{runs}",
                        {{cell, TrainVariance(), "TrainVariance"},
                         {cell, StrongTestVariance(), "StrongTestVariance"}});
      panel.paper_range = PaperAxes().at(cell);
      e.panels.push_back(std::move(panel));
      const Value test = {{cell}, StrongTestVariance()};
      e.claims.push_back({.id = absl::StrCat("test_above_train_", cell),
                          .text = "{runs}: at the last step StrongTestVariance "
                                  "is above TrainVariance.",
                          .effect = "log10 of test over train",
                          .statistic = Above(test, {{cell}, TrainVariance()}),
                          .trained = kTrainedToZero});
      losses.push_back(
          Below({{cell}, {"loss", "train", "", ""}}, *kTrainedToZero.loss));
      tests.push_back(StaysAbove(test, kNegligible));
    }
    e.claims.push_back(
        {.id = absl::StrCat("test_does_not_collapse_", data.name),
         .text = "{runs}: StrongTestVariance does not come to nothing with any "
                 "network: at the last step it is above a tenth of the "
                 "variance between the classes.",
         .effect = "log10 of the least one over 0.1",
         .statistic = Least(std::move(tests)),
         .trained = kTrainedToZero});
    e.claims.push_back(
        {.id = absl::StrCat("loss_below_1e_5_", data.name),
         .text = "{runs}: every network is trained to a loss below 1e-5.",
         .effect = "1 - loss / 1e-5 of the worst network",
         .statistic = Least(std::move(losses))});
  }
  e.presets = {PaperPreset(), small, SmokePreset({0})};
  // Every panel is a run of its own in the smoke preset, too.
  for (size_t i = 0; i < e.cells.size(); ++i) {
    e.presets[2].cell_set[e.cells[i].name] = {
        {"dataset",
         absl::StrCat("synthetic_images(train=64,test=32,classes=4,seed=", i,
                      ")")}};
  }
  e.columns = 3;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "SVHN: the first 4,600 training and 1,500 test images of each class.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig2",
     .summary = "failure of test collapse, 15 dataset-network pairs",
     .reference = "arXiv 2202.08384, figure 2",
     .aliases = {"test_failure"}},
    Fig2);

}  // namespace
}  // namespace nclab
