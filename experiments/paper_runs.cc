#include "experiments/paper_runs.h"

#include <utility>

#include "experiments/statistics.h"

namespace nclab {

Needs TrainedToZero() { return TrainedTo(kZeroLoss, 0.0); }

RunSpec PaperRun(const std::string& dataset, const std::string& model,
                 double lr) {
  RunSpec spec;
  spec.dataset = dataset;
  spec.model = model;
  spec.steps = 80000;
  spec.lr = lr;
  spec.metrics = {"accuracy", "between_variance", "cdnv",
                  "loss",     "variance_ratio",   "within_variance"};
  // Figure 3's run, which figures 1 and 2 share.
  if (dataset == "cifar10" && model == "resnet18") {
    spec.metrics.push_back("weak_variance_ratio");
  }
  return spec;
}

Panel VariancePanel(const std::string& id, const std::string& title,
                    std::vector<Curves> curves) {
  Panel panel;
  panel.id = id;
  panel.title = title;
  panel.x_title = "SGD iterations";
  panel.y_title = "variance ratio";
  panel.log_y = true;
  panel.curves = std::move(curves);
  return panel;
}

Claim TrainFalls(const std::string& cell) {
  return {.id = "train_falls",
          .text =
              "{runs}: TrainVariance falls from the end of the first epoch to "
              "the last step.",
          .effect = "fall, in powers of ten",
          .statistic = EveryLayerFalls(cell, TrainVariance()),
          .needs = TrainedToZero()};
}

std::vector<std::string> PaperRunDecisions() {
  return {
      "Means are those of the split at the last step (anchor final), as the "
      "paper's text defines them; metrics.csv has the rows with means at each "
      "step (anchor own) beside them.",
      "No weight decay, batch 128, momentum 0.9, cosine schedule per step, no "
      "augmentation; the last partial batch of an epoch is dropped.",
      "Networks are torchvision's with their ImageNet stem and dropout; 28x28 "
      "grey images are padded to 32x32 and repeated to 3 channels.",
      "Inputs are normalised per channel by mean and deviation of the whole "
      "training split.",
      "\"The first N\" are the first in file order.",
  };
}

void SetCifar10ResNet18(const std::string& cell, Experiment& experiment) {
  experiment.cells = {{cell, PaperRun("cifar10", "resnet18", 0.1)}};
  experiment.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "2,000 training and 1,000 test images in place of 50,000 and "
                  "10,000; a quarter of the channels; 2,000 SGD steps in place "
                  "of 80,000; two seeds in place of three",
       .set = {{"dataset", "cifar10(train_per_class=200,test_per_class=100)"},
               {"model", "resnet18(width=16)"},
               {"steps", "2000"}},
       .seeds = {0, 1}},
      SmokePreset({0, 1}),
  };
}

Convention Trace() { return {.metric = "nc1_pinv_trace"}; }

Reading CodeReading() {
  return {
      .name = "code",
      .summary =
          "what the authors' released code does "
          "(Like-Hui/collapse_limitation_on_generalization; it covers "
          "one cell, SVHN with VGG11)",
      .rules = {{.set = {{"dataset.normalize", "minus_one_to_one"},
                         {"optimizer.nesterov", "true"}},
                 .read = Trace()}},
      .departures = {
          "DEVIATION: SGD has Nesterov momentum; the text says momentum.",
          "DEVIATION: pixels are (x - 0.5) / 0.5; the text normalises by mean "
          "and deviation per channel.",
          "DEVIATION: variances are Tr(S_W S_B^+), not divided by the number "
          "of classes, around the means of the same step; the text has a ratio "
          "of traces around the means at T."}};
}

Rule SmallImageStem(const Words& where) {
  return {.where = where, .set = {{"model.stem", "cifar"}}};
}

std::string SmallImageStemDeparture() {
  return "DEVIATION: ResNet18 has a 3x3 stem without pooling, where the text "
         "says torchvision's. For it (PAPER.md, section 6): at quarter width, "
         "2,500 images and 2,000 steps the ratio is 0.32 / 2.50 (train / test) "
         "with it and 0.90 / 4.91 without, and the axes of figure 4 are 0.06 "
         "to 0.20 / 2.0 to 1.0; the released code brings such a network, "
         "unused. One seed; not run at full width.";
}

std::string TraceDeparture() {
  return "DEVIATION: variances of VGG11-BN are Tr(S_W S_B^+), not divided, "
         "around the means of the same step, as in the released code; the text "
         "has a ratio of traces around the means at T. For it (PAPER.md, "
         "section 6): at N = 10,000 and quarter width 0.65 / 3.16 (train / "
         "test) on the axes of figure 4 (0.60 to 0.80 / 3.8 to 2.2), where the "
         "ratio is 0.09 / 0.25. One seed.";
}

Preset PaperPreset() {
  return {.name = "paper", .summary = "as in the paper", .seeds = {0, 1, 2}};
}

Preset SmokePreset(std::vector<int64_t> seeds) {
  return {.name = "smoke",
          .summary = "tests the path, shows nothing of the paper",
          .set = {{"dataset", "synthetic_images(train=64,test=32,classes=4)"},
                  {"model", "convnet(width=4)"},
                  {"steps", "30"},
                  {"lr", "0.05"},
                  {"eval_points", "5"}},
          .seeds = std::move(seeds)};
}

}  // namespace nclab
