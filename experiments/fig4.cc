// fig4: with more training samples, train features collapse less and test
// features more (figure 4 of the paper).
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

// One panel: a network at several sizes of its training set.
struct Side {
  std::string dataset;          // the side is called so, too
  std::string parameters = "";  // besides train_size
  std::string model, reduced;
  double lr;
  std::vector<int64_t> sizes;
  Range paper_x, paper_y;
};

// A preset with one training image in `reduction`.
struct Scaled {
  Preset preset;
  int64_t reduction, test_size, steps;
};

// "We stop training when the training loss decreases to 1e-6."
constexpr Trained kTrained = {.loss = 1e-6};

std::string CellName(const Side& side, int64_t size) {
  return absl::StrCat(side.dataset, "-", size);
}

void AddSide(const Side& side, Experiment& e, std::vector<Scaled>& scaled) {
  Panel panel;
  panel.id = side.dataset;
  panel.title = "{runs}";
  panel.x_title = "TrainVariance";
  panel.y_title = "StrongTestVariance";
  panel.paper_x_range = side.paper_x;
  panel.paper_range = side.paper_y;
  std::vector<double> sizes;
  std::vector<Value> train, test;
  for (const int64_t size : side.sizes) {
    const std::string cell = CellName(side, size);
    RunSpec spec = PaperRun(
        absl::StrCat(side.dataset, "(train_size=", size, side.parameters, ")"),
        side.model, side.lr);
    spec.stop_train_loss = *kTrained.loss;
    e.cells.push_back({cell, spec});
    for (Scaled& s : scaled) {
      s.preset.cell_set[cell] = {
          {"dataset",
           absl::StrCat(side.dataset, "(train_size=", size / s.reduction,
                        ",test_size=", s.test_size, side.parameters, ")")},
          {"model", side.reduced},
          {"steps", absl::StrCat(s.steps)}};
    }
    sizes.push_back(static_cast<double>(size));
    train.push_back({{cell}, TrainVariance()});
    test.push_back({{cell}, StrongTestVariance()});
    panel.marks.push_back({"N = {samples}", train.back(), test.back()});
  }
  e.panels.push_back(std::move(panel));
  e.claims.push_back({.id = absl::StrCat("train_variance_grows_", side.dataset),
                      .text = "{runs}: TrainVariance at the end grows with the "
                              "number of training samples.",
                      .effect = "rank correlation of N and TrainVariance",
                      .statistic = RankCorrelation(sizes, train, +1),
                      .trained = kTrained});
  e.claims.push_back(
      {.id = absl::StrCat("test_variance_falls_", side.dataset),
       .text = "{runs}: StrongTestVariance at the end falls with the number of "
               "training samples.",
       .effect = "rank correlation of N and StrongTestVariance, times -1",
       .statistic = RankCorrelation(sizes, test, -1),
       .trained = kTrained});
}

Experiment Fig4() {
  Experiment e;
  e.title = "More samples: less train collapse, more test collapse";
  e.paper =
      "ResNet18 on CIFAR-10 and VGG11-BN on FashionMNIST at five sizes of the "
      "training set, each trained until the training loss is 1e-6. With more "
      "samples TrainVariance at the end is higher and StrongTestVariance "
      "lower.";
  std::vector<Scaled> scaled = {
      {.preset = {.name = "overnight",
                  .summary =
                      "a fifth of the training images at each size, 2,000 test "
                      "images in place of 10,000, a quarter of the channels "
                      "(VGG11: 256 hidden units in place of 4,096), 10,000 SGD "
                      "steps in place of 80,000",
                  .seeds = {0, 1, 2}},
       .reduction = 5,
       .test_size = 2000,
       .steps = 10000},
      {.preset = {.name = "small",
                  .summary =
                      "a tenth of the training images at each size, 1,000 test "
                      "images in place of 10,000, a quarter of the channels "
                      "(VGG11: 256 hidden units in place of 4,096), 2,000 SGD "
                      "steps in place of 80,000; two seeds in place of three",
                  .seeds = {0, 1}},
       .reduction = 10,
       .test_size = 1000,
       .steps = 2000}};
  AddSide({.dataset = "cifar10",
           .model = "resnet18",
           .reduced = "resnet18(width=16)",
           .lr = 0.1,
           .sizes = {12500, 25000, 30000, 40000, 50000},
           .paper_x = {0.06, 0.20},
           .paper_y = {1.0, 2.0}},
          e, scaled);
  AddSide({.dataset = "fashion_mnist",
           .parameters = ",image_size=32,channels=3",
           .model = "vgg11_bn",
           .reduced = "vgg11_bn(width=16,hidden=256)",
           .lr = 0.01,
           .sizes = {10000, 20000, 30000, 40000, 50000},
           .paper_x = {0.6, 0.8},
           .paper_y = {2.2, 3.8}},
          e, scaled);
  e.presets = {PaperPreset(), scaled[0].preset, scaled[1].preset,
               SmokePreset({0})};
  // Every size is a run of its own in the smoke preset, too.
  for (size_t i = 0; i < e.cells.size(); ++i) {
    const std::string& name = e.cells[i].name;
    const std::string size = name.substr(name.rfind('-') + 1);
    e.presets.back().cell_set[name] = {
        {"dataset",
         absl::StrCat("synthetic_images(train=", std::stoi(size) / 500,
                      ",test=32,classes=4,seed=", i, ")")}};
  }
  e.columns = 1;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "p is over all pairings of the sizes with the runs of a seed: each size "
      "is a run of its own, and the first weights, which they share, are the "
      "same for all. A smaller training set is part of a larger one, so p "
      "speaks of these images.");
  e.decisions.push_back(
      "A run stops when the loss of the whole training split, without dropout, "
      "is below 1e-6, which is looked at after every 1/80 of its steps and at "
      "each evaluation; the cosine schedule spans the whole length all the "
      "same.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig4",
     .summary = "train and test variance against the number of samples",
     .reference = "arXiv 2202.08384, figure 4",
     .aliases = {"anti_correlation"}},
    Fig4);

}  // namespace
}  // namespace nclab
