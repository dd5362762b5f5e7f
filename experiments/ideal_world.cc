// ideal_world: generalising without train collapse (section 2.1 of the paper).
// One pass over fresh samples beside many epochs on few, and few samples that
// augmentation makes endless.
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

const Quantity kTestAccuracy = {"accuracy", "test", "", ""};
constexpr double kMuch = 3;

Axis Worlds() {
  return {{{"world", "ideal"},
           {"stream", "fresh"},
           {"size", "60000"},
           {"steps", "468"}},
          {{"world", "real"},
           {"stream", "epochs"},
           {"size", "5000"},
           {"steps", "20000"}},
          {{"world", "augmented"},
           {"stream", "augmented"},
           {"size", "5000"},
           {"steps", "20000"}}};
}

Number Ratio(const std::string& cell) {
  return At(cell, StrongTestVariance()) / At(cell, TrainVariance());
}

Experiment IdealWorld() {
  Experiment e;
  e.title = "One pass over fresh samples beside many epochs on few: {runs}";
  e.paper =
      "Section 2.1: in the ideal world, where every SGD step sees fresh "
      "samples (Nakkiran, Neyshabur, Sedghi, arXiv 2010.08127), a network "
      "generalises as well, and its train features need not collapse: on what "
      "it has seen once it behaves as on test samples.";
  e.cells = Product({Worlds()}, [](const Words& at) {
    Cell cell{at.at("world"),
              PaperRun(Fill("fashion_mnist(train_size={size},image_size=32,"
                            "channels=3)",
                            at),
                       "resnet18", 0.1)};
    cell.spec.steps = std::stoll(at.at("steps"));
    cell.spec.stream = at.at("stream");
    cell.spec.eval_points = 20;
    return cell;
  });
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "the small convolutional network of 16 channels in place of "
                  "ResNet18, 2,000 test images, learning rate 0.05; few are "
                  "2,000 images, 3,000 steps",
       .set = {{"model", "convnet(width=16)"}, {"lr", "0.05"}},
       .seeds = {0, 1, 2},
       .rules = {{.set = {{"dataset",
                           "fashion_mnist(train_size={size},test_size=2000)"},
                          {"eval_points", "12"}}},
                 {.where = {{"world", "real|augmented"}},
                  .set = {{"dataset",
                           "fashion_mnist(train_size=2000,test_size=2000)"},
                          {"steps", "3000"}}}}},
      SmokePreset({0})};
  e.presets.back().set["batch_size"] = "16";
  e.presets.back().rules = {
      {.where = {{"world", "ideal"}}, .set = {{"dataset.train", "480"}}},
      {.where = {{"world", "real|augmented"}},
       .set = {{"dataset.train", "8"}}}};
  e.panels = {VariancePanel("train", "TrainVariance, {runs}", {}),
              VariancePanel("test", "StrongTestVariance, {runs}", {}),
              {.id = "accuracy",
               .title = "by the test accuracy, at the last step",
               .x_title = "test accuracy",
               .y_title = "TrainVariance"}};
  for (const Cell& cell : e.cells) {
    e.panels[0].curves.push_back({cell.name, TrainVariance(), cell.name});
    e.panels[1].curves.push_back({cell.name, StrongTestVariance(), cell.name});
    e.panels[2].marks.push_back({cell.name, At(cell.name, kTestAccuracy),
                                 At(cell.name, TrainVariance())});
  }
  Quantity own = TrainVariance();
  own.anchor = "own";
  const Number real = At("real", TrainVariance());
  const auto above = [&](const std::string& id, const std::string& text,
                         const Number& variance) {
    e.claims.push_back({.id = id,
                        .text = "{runs}: " + text +
                                " TrainVariance is above three times that of "
                                "many epochs on few at their last step.",
                        .effect = "log10 of their ratio, less log10 of 3",
                        .statistic = Above(variance, real, kMuch)});
  };
  e.claims = {
      {.id = "ideal_generalises",
       .text = "{runs}: one pass over fresh samples ends at a test accuracy of "
               "at least that of many epochs on few.",
       .effect = "difference of the test accuracies",
       .statistic = At("ideal", kTestAccuracy) - At("real", kTestAccuracy)},
      {.id = "real_collapses",
       .text = "{runs}: many epochs on few: TrainVariance ends below a tenth "
               "of the variance between the classes.",
       .effect = "1 - TrainVariance / 0.1",
       .statistic = Below(real, kNegligible)}};
  above("ideal_does_not_collapse", "after one pass over fresh samples",
        At("ideal", TrainVariance()));
  above("at_equal_accuracy",
        "at the first evaluation of the one pass at which its test accuracy is "
        "as high, around the means of that step,",
        AtReach("ideal", own, kTestAccuracy, At("real", kTestAccuracy)));
  above("augmented_does_not_collapse",
        "with augmentation in every step, on the images as they are,",
        At("augmented", TrainVariance()));
  e.claims.push_back(
      {.id = "no_gap_in_the_ideal_world",
       .text = "{runs}: StrongTestVariance over TrainVariance at the last step "
               "is smaller after one pass than after many epochs on few.",
       .effect = "log10 of the quotient of the two",
       .statistic = Above(Ratio("real"), Ratio("ideal"))});
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "The training split of the one pass is what it has seen, once each.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "ideal_world",
     .summary = "one pass over fresh samples beside many epochs on few",
     .reference = "arXiv 2202.08384, section 2.1; arXiv 2010.08127"},
    IdealWorld);

}  // namespace
}  // namespace nclab
