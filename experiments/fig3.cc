// fig3: weak and strong test collapse (figure 3 of the paper).
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kCell[] = "resnet18";

Experiment Fig3() {
  Experiment e;
  e.title = "Neither weak nor strong test collapse: {runs}";
  e.paper =
      "ResNet18 on CIFAR-10, 80,000 SGD iterations, initial learning rate 0.1. "
      "TrainVariance goes to 0; WeakTestVariance, around the centres of "
      "k-means, is below StrongTestVariance; neither goes to 0.";
  SetCifar10ResNet18(kCell, e);
  e.panels = {
      VariancePanel("variances", "{runs}",
                    {{kCell, TrainVariance(), "TrainVariance"},
                     {kCell, StrongTestVariance(), "StrongTestVariance"},
                     {kCell, WeakTestVariance(), "WeakTestVariance"}})};
  e.panels[0].paper_range = {1.0, 10.0};
  e.panels[0].needs = TrainedToZero();
  e.columns = 1;
  const Number train = At(kCell, TrainVariance());
  const Number weak = At(kCell, WeakTestVariance());
  const Number strong = At(kCell, StrongTestVariance());
  e.claims = {
      {.id = "train_below_weak_below_strong",
       .text = "{runs}: at the last step TrainVariance is below "
               "WeakTestVariance, and that is below StrongTestVariance.",
       .effect = "least log10 ratio of neighbours",
       .statistic = Least({Above(weak, train), Above(strong, weak)}),
       .needs = TrainedToZero()},
      TrainFalls(kCell),
      {.id = "neither_test_collapses",
       .text =
           "{runs}: neither test variance comes to nothing: at the last step "
           "both are above a tenth of the variance between the classes.",
       .effect = "log10 of the lesser one over 0.1",
       .statistic =
           Least({Above(weak, kNegligible), Above(strong, kNegligible)}),
       .needs = TrainedToZero()},
      {.id = "weak_is_ten_times_train",
       .text = "{runs}: train features collapse much further: at the last step "
               "WeakTestVariance is above ten times TrainVariance.",
       .effect = "log10 of weak test over train, less 1",
       .statistic = Above(weak, train, 10),
       .needs = TrainedToZero()},
      {.id = "strong_is_ten_times_train",
       .text = "{runs}: train features collapse much further: at the last step "
               "StrongTestVariance is above ten times TrainVariance.",
       .effect = "log10 of strong test over train, less 1",
       .statistic = Above(strong, train, 10),
       .needs = TrainedToZero()},
  };
  e.readings = {CodeReading(),
                {.name = "axes",
                 .summary = "nearest to the paper's axes so far",
                 .rules = {SmallImageStem({{"cell", kCell}})},
                 .departures = {SmallImageStemDeparture()}}};
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "WeakTestVariance: k-means on the test features at the last step, ten "
      "k-means++ starts and one from the class means, the lowest inertia wins; "
      "k_means.json in each run has all starts. \"arg min\" in the paper's "
      "formula is read as min.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig3",
     .summary = "train, weak and strong test variance, ResNet18 on CIFAR-10",
     .reference = "arXiv 2202.08384, figure 3"},
    Fig3);

}  // namespace
}  // namespace nclab
