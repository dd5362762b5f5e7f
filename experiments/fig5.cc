// fig5: the more collapsed a checkpoint, the worse it transfers (figure 5 of
// the paper).
//
// A network is trained on two super-classes. Each of its checkpoints is the
// start of runs on the original classes, with a new last layer, at several
// learning rates; the best test accuracy over the rates counts.
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

struct Side {
  std::string id;
  std::string model;
  double lr;                         // of the pre-training
  std::string pretrain, downstream;  // datasets
  std::string small_model, small_pretrain, small_downstream;
  std::string small_lr, small_steps, small_downstream_steps;
  std::string overnight_downstream_steps = "";  // "": the side is left out
  std::string smoke_model, smoke_pretrain, smoke_downstream;
  Range paper_x, paper_y;
};

const std::vector<double>& Checkpoints() {
  static const auto* const shares =
      new std::vector<double>{0.2, 0.4, 0.6, 0.7, 0.8, 0.9};
  return *shares;
}

struct Rate {
  double lr;
  bool in_small, in_smoke, in_probe;
};

const std::vector<Rate>& Rates() {
  static const auto* const rates = new std::vector<Rate>{
      {0.0005, false, false, false}, {0.001, true, false, false},
      {0.0025, false, false, false}, {0.005, true, true, true},
      {0.01, false, false, false},   {0.025, true, false, true},
      {0.05, false, false, false},   {0.1, true, false, true},
      {0.25, false, false, false}};
  return *rates;
}

// The presets that are filled side by side.
struct Presets {
  Preset overnight, small, smoke;
};

const Quantity kTestAccuracy = {"accuracy", "test", "", ""};

// Adds cells, presets and claims of one side; returns its panels: the paper's,
// then the two that stand below it.
std::vector<Panel> AddSide(const Side& side, Experiment& e, Presets& presets) {
  const std::string pretrain = absl::StrCat(side.id, "-pretrain");
  RunSpec spec = PaperRun(side.pretrain, side.model, side.lr);
  spec.steps = 100000;
  e.cells.push_back({pretrain, spec});
  presets.small.cell_set[pretrain] = {{"dataset", side.small_pretrain},
                                      {"model", side.small_model},
                                      {"lr", side.small_lr},
                                      {"steps", side.small_steps}};
  presets.smoke.cell_set[pretrain] = {{"dataset", side.smoke_pretrain},
                                      {"model", side.smoke_model}};
  const bool in_overnight = !side.overnight_downstream_steps.empty();
  if (!in_overnight) presets.overnight.without.push_back(pretrain);
  std::vector<Value> variances, accuracies;
  std::vector<Panel> panels(3);
  const char* titles[] = {"means at T", "means at each checkpoint",
                          "linear probe, means at T"};
  const char* ids[] = {"final", "own", "probe"};
  for (int i = 0; i < 3; ++i) {
    panels[i].id = absl::StrCat(side.id, "-", ids[i]);
    panels[i].title = absl::StrCat("{runs}, ", titles[i]);
    panels[i].x_title = "TrainVariance of the checkpoint";
    panels[i].y_title = "best downstream test accuracy";
  }
  panels[0].paper_x_range = side.paper_x;
  panels[0].paper_range = side.paper_y;
  Value all_tuned, all_probes;
  all_tuned.quantity = all_probes.quantity = kTestAccuracy;
  for (const double share : Checkpoints()) {
    const bool in_smoke = share == 0.2 || share == 0.6 || share == 0.9;
    Value tuned, probes;
    tuned.quantity = probes.quantity = kTestAccuracy;
    for (const Rate& rate : Rates()) {
      for (const bool probe : {false, true}) {
        if (probe && !rate.in_probe) continue;
        const std::string cell = absl::StrFormat(
            "%s-%s-%d%%-lr%g", side.id, probe ? "probe" : "finetune",
            static_cast<int>(100 * share + 0.5), rate.lr);
        RunSpec child;
        child.dataset = side.downstream;
        child.model = side.model;
        child.steps = 100000;
        child.lr = rate.lr;
        child.metrics = {"accuracy", "loss"};
        child.eval_points = 10;
        child.train_part = probe ? "head" : "all";
        e.cells.push_back({.name = cell,
                           .spec = child,
                           .parent = pretrain,
                           .parent_at = share});
        (probe ? probes : tuned).cells.push_back(cell);
        if (rate.in_probe) {
          (probe ? all_probes : all_tuned).cells.push_back(cell);
        }
        if (!rate.in_small || (probe && rate.lr != 0.025)) {
          presets.small.without.push_back(cell);
        }
        if (in_overnight) {
          presets.overnight.cell_set[cell] = {
              {"steps", side.overnight_downstream_steps}};
        } else {
          presets.overnight.without.push_back(cell);
        }
        if (!rate.in_smoke || !in_smoke) presets.smoke.without.push_back(cell);
        presets.small.cell_set[cell] = {{"dataset", side.small_downstream},
                                        {"model", side.small_model},
                                        {"steps", side.small_downstream_steps}};
        presets.smoke.cell_set[cell] = {{"dataset", side.smoke_downstream},
                                        {"model", side.smoke_model},
                                        {"steps", "20"}};
      }
    }
    Value final_variance{{pretrain}, TrainVariance(), share};
    Value own_variance = final_variance;
    own_variance.quantity.anchor = "own";
    const std::string label = absl::StrFormat(
        "%d %% of the steps", static_cast<int>(100 * share + 0.5));
    panels[0].marks.push_back({label, final_variance, tuned});
    panels[1].marks.push_back({label, own_variance, tuned});
    panels[2].marks.push_back({label, final_variance, probes});
    variances.push_back(final_variance);
    accuracies.push_back(tuned);
  }
  e.claims.push_back(
      {.id = absl::StrCat("collapse_hurts_transfer_", side.id),
       .text = "{runs}: the lower the TrainVariance of a checkpoint, the lower "
               "the best test accuracy after fine-tuning.",
       .effect = "rank correlation of TrainVariance and accuracy",
       .statistic = RankCorrelation(variances, accuracies, +1)});
  e.claims.push_back(
      {.id = absl::StrCat("checkpoints_collapse_", side.id),
       .text = "{runs}: the later a checkpoint of the pre-training, the lower "
               "its TrainVariance.",
       .effect = "rank correlation of step and TrainVariance, times -1",
       .statistic = RankCorrelation(Checkpoints(), variances, -1)});
  e.claims.push_back(
      {.id = absl::StrCat("probing_is_worse_", side.id),
       .text = "{runs}: a linear probe's best test accuracy is below that of "
               "fine-tuning at the same learning rates.",
       .effect = "best accuracy of fine-tuning less that of the probe",
       .statistic = Exceeds(all_tuned, all_probes)});
  return panels;
}

Experiment Fig5() {
  Experiment e;
  e.title =
      "Collapse hurts transfer: fine-tuning from pre-training checkpoints";
  e.paper =
      "A network is pre-trained on two super-classes for 100,000 iterations "
      "and fine-tuned, with a new last layer, on the original classes from the "
      "checkpoints at 20, 40, 60, 70, 80 and 90 thousand. Checkpoints with a "
      "lower TrainVariance reach a lower test accuracy. Linear probing is said "
      "to be much worse.";
  Presets presets;
  presets.overnight = {
      .name = "overnight",
      .summary =
          "MNIST as in the paper, but 500 steps of fine-tuning and probing in "
          "place of 100,000; CIFAR-10 is left out",
      .seeds = {0, 1, 2}};
  presets.small = {
      .name = "small",
      .summary =
          "MNIST: 256 units a layer in place of 1,024, 4,000 steps of "
          "pre-training at ten times the learning rate and 1,000 of "
          "fine-tuning in place of 100,000 each; CIFAR-10: a quarter of the "
          "channels, a tenth of the images (the first ones), 2,000 and 400 "
          "steps; four learning rates in place of nine, one for the probe; two "
          "seeds in place of three",
      .seeds = {0, 1}};
  presets.smoke = SmokePreset({0});
  const std::vector<Panel> left = AddSide(
      {.id = "mnist",
       .model = "mlp(width=1024,depth=3)",
       .lr = 0.001,
       .pretrain = "mnist(train_size=1000,test_size=200,superclass=odd_even)",
       .downstream =
           "mnist(train_size=500,test_size=100,skip=1000,test_skip=200)",
       .small_model = "mlp(width=256,depth=3)",
       .small_pretrain =
           "mnist(train_size=1000,test_size=200,superclass=odd_even)",
       .small_downstream =
           "mnist(train_size=500,test_size=100,skip=1000,test_skip=200)",
       .small_lr = "0.01",
       .small_steps = "4000",
       .small_downstream_steps = "1000",
       .overnight_downstream_steps = "500",
       .smoke_model = "mlp(width=16,depth=3)",
       .smoke_pretrain =
           "mnist(train_size=100,test_size=50,superclass=odd_even)",
       .smoke_downstream =
           "mnist(train_size=100,test_size=50,skip=100,test_skip=50)",
       .paper_x = {0.14, 0.22},
       .paper_y = {0.942, 0.954}},
      e, presets);
  const std::vector<Panel> right = AddSide(
      {.id = "cifar10",
       .model = "resnet18",
       .lr = 0.1,
       .pretrain = "cifar10(train_per_class=2500,test_per_class=500,"
                   "superclass=objects_animals,subset=random)",
       .downstream =
           "cifar10(train_per_class=1250,test_per_class=250,skip=2500,"
           "test_skip=500,superclass=without_deer_dog,subset=random)",
       .small_model = "resnet18(width=16)",
       .small_pretrain = "cifar10(train_per_class=250,test_per_class=50,"
                         "superclass=objects_animals)",
       .small_downstream =
           "cifar10(train_per_class=125,test_per_class=50,skip=250,"
           "test_skip=50,superclass=without_deer_dog)",
       .small_lr = "0.1",
       .small_steps = "2000",
       .small_downstream_steps = "400",
       .smoke_model = "convnet(width=4)",
       .smoke_pretrain = "synthetic_images(train=64,test=32,classes=2)",
       .smoke_downstream =
           "synthetic_images(train=64,test=32,classes=8,seed=1)",
       .paper_x = {0.20, 0.30},
       .paper_y = {0.89, 0.90}},
      e, presets);
  e.presets = {PaperPreset(), presets.overnight, presets.small, presets.smoke};
  for (size_t row = 0; row < left.size(); ++row) {
    e.panels.push_back(left[row]);
    e.panels.push_back(right[row]);
  }
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "Fine-tuning takes as many iterations as pre-training, with a new last "
      "layer from the run's seed; the accuracy is the one at the last step.");
  e.decisions.push_back(
      "Learning rates 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1 and "
      "0.25; for the probe, where everything but the last layer is frozen, "
      "0.005, 0.025 and 0.1.");
  e.decisions.push_back(
      "A learning rate at which the loss stops being a number is no candidate "
      "for the best accuracy.");
  e.decisions.push_back(
      "\"Another\" samples are the next ones, of MNIST in file order, of "
      "CIFAR-10 in one random order, from which its 2,500 a class come, too: "
      "none is used twice.");
  e.decisions.push_back(
      "All six checkpoints on both sides; the paper's legends show five of "
      "them each.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig5",
     .summary = "transfer from more and less collapsed checkpoints",
     .reference = "arXiv 2202.08384, section 4.2 and figure 5",
     .aliases = {"transfer"}},
    Fig5);

}  // namespace
}  // namespace nclab
