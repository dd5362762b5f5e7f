// fig4: with more training samples, train features collapse less and test
// features more (figure 4 of the paper).
#include <map>

#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

// "We stop training when the training loss decreases to 1e-6."
constexpr double kLoss = 1e-6;

// The two panels.
Axis Sides() {
  return {{{"data", "cifar10"},
           {"view", ""},
           {"net", "resnet18"},
           {"reduced", "resnet18(width=16)"},
           {"lr", "0.1"}},
          {{"data", "fashion_mnist"},
           {"view", ",image_size=32,channels=3"},
           {"net", "vgg11_bn"},
           {"reduced", "vgg11_bn(width=16,hidden=256)"},
           {"lr", "0.01"}}};
}

// Training images: the paper's, a fifth, a tenth, those of the smoke preset.
Axis Sizes() {
  const std::map<std::string, std::vector<int64_t>> sizes = {
      {"cifar10", {12500, 25000, 30000, 40000, 50000}},
      {"fashion_mnist", {10000, 20000, 30000, 40000, 50000}}};
  Axis axis;
  for (const auto& [data, of_side] : sizes) {
    for (const int64_t size : of_side) {
      axis.push_back({{"data", data},
                      {"size", absl::StrCat(size)},
                      {"fifth", absl::StrCat(size / 5)},
                      {"tenth", absl::StrCat(size / 10)},
                      {"smoke", absl::StrCat(size / 500)}});
    }
  }
  return axis;
}

// Panel and claims of one side.
void AddSide(const std::string& data, const Range& x, const Range& y,
             Experiment& e) {
  Panel panel{.id = data,
              .title = "{runs}",
              .x_title = "TrainVariance",
              .y_title = "StrongTestVariance",
              .paper_range = y,
              .paper_x_range = x,
              .needs = TrainedTo(kLoss)};
  const std::vector<std::string> cells = CellsAt(e.cells, {{"data", data}});
  std::vector<Number> sizes;
  for (const std::string& cell : cells) {
    sizes.push_back(Samples(cell));
    panel.marks.push_back({"N = {samples}", At(cell, TrainVariance()),
                           At(cell, StrongTestVariance())});
  }
  e.panels.push_back(std::move(panel));
  e.claims.push_back(
      {.id = "train_variance_grows_" + data,
       .text = "{runs}: TrainVariance at the end grows with the number of "
               "training samples.",
       .effect = "rank correlation of N and TrainVariance",
       .statistic = RankCorrelation(sizes, AtEach(cells, TrainVariance()), +1),
       .needs = TrainedTo(kLoss)});
  e.claims.push_back(
      {.id = "test_variance_falls_" + data,
       .text = "{runs}: StrongTestVariance at the end falls with the number of "
               "training samples.",
       .effect = "rank correlation of N and StrongTestVariance, times -1",
       .statistic =
           RankCorrelation(sizes, AtEach(cells, StrongTestVariance()), -1),
       .needs = TrainedTo(kLoss)});
}

Experiment Fig4() {
  Experiment e;
  e.title = "More samples: less train collapse, more test collapse";
  e.paper =
      "ResNet18 on CIFAR-10 and VGG11-BN on FashionMNIST at five sizes of the "
      "training set, each trained until the training loss is 1e-6. With more "
      "samples TrainVariance at the end is higher and StrongTestVariance "
      "lower.";
  e.cells = Product({Sides(), Sizes()}, [](const Words& at) {
    Cell cell{Fill("{data}-{size}", at),
              PaperRun(Fill("{data}(train_size={size}{view})", at),
                       at.at("net"), std::stod(at.at("lr")))};
    cell.spec.stop_train_loss = kLoss;
    return cell;
  });
  e.presets = {
      PaperPreset(),
      {.name = "overnight",
       .summary = "a fifth of the training images at each size, 2,000 test "
                  "images in place of 10,000, a quarter of the channels "
                  "(VGG11: 256 hidden units in place of 4,096), 10,000 SGD "
                  "steps in place of 80,000",
       .seeds = {0, 1, 2},
       .rules = {{.set = {{"dataset",
                           "{data}(train_size={fifth},test_size=2000{view})"},
                          {"model", "{reduced}"},
                          {"steps", "10000"}}}}},
      {.name = "small",
       .summary = "a tenth of the training images at each size, 1,000 test "
                  "images in place of 10,000, a quarter of the channels "
                  "(VGG11: 256 hidden units in place of 4,096), 2,000 SGD "
                  "steps in place of 80,000; two seeds in place of three",
       .seeds = {0, 1},
       .rules = {{.set = {{"dataset",
                           "{data}(train_size={tenth},test_size=1000{view})"},
                          {"model", "{reduced}"},
                          {"steps", "2000"}}}}},
      SmokePreset({0})};
  // Every size is a run of its own in the smoke preset, too.
  e.presets.back().rules = {
      {.set = {{"dataset",
                "synthetic_images(train={smoke},test=32,classes=4,"
                "seed={index})"}}}};
  AddSide("cifar10", {0.06, 0.20}, {1.0, 2.0}, e);
  AddSide("fashion_mnist", {0.6, 0.8}, {2.2, 3.8}, e);
  e.columns = 1;
  e.readings = {
      CodeReading(),
      {.name = "axes",
       .summary = "nearest to the paper's axes so far",
       .rules = {SmallImageStem({{"data", "cifar10"}}),
                 {.where = {{"data", "fashion_mnist"}}, .read = Trace()}},
       .departures = {SmallImageStemDeparture(), TraceDeparture()}}};
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
