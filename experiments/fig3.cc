// fig3: weak and strong test collapse (figure 3 of the paper).
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kCell[] = "resnet18";

Experiment Fig3() {
  Experiment e;
  e.title = "Neither weak nor strong test collapse: ResNet18 on CIFAR-10";
  e.paper =
      "ResNet18 on CIFAR-10, 80,000 SGD iterations, initial learning rate 0.1. "
      "TrainVariance goes to 0; WeakTestVariance, around the centres of "
      "k-means, is below StrongTestVariance; neither goes to 0.";
  SetCifar10ResNet18(kCell, e);
  e.panels = {
      VariancePanel("variances", "ResNet18, CIFAR-10",
                    {{kCell, TrainVariance(), "TrainVariance"},
                     {kCell, StrongTestVariance(), "StrongTestVariance"},
                     {kCell, WeakTestVariance(), "WeakTestVariance"}})};
  e.panels[0].paper_range = {1.0, 10.0};
  e.columns = 1;
  const Value train = {{kCell}, TrainVariance()};
  const Value weak = {{kCell}, WeakTestVariance()};
  const Value strong = {{kCell}, StrongTestVariance()};
  e.claims = {
      {"train_below_weak_below_strong",
       "At the last step TrainVariance is below WeakTestVariance, and that is "
       "below StrongTestVariance.",
       "least log10 ratio of neighbours",
       Least({Above(weak, train), Above(strong, weak)})},
      {"train_falls",
       "TrainVariance is lower at the last step than at the first.",
       "fall from the first to the last step, in powers of ten",
       EveryLayerFalls(kCell, TrainVariance())},
      {"neither_test_collapses",
       "Neither test variance comes to nothing: at the last step both are "
       "above "
       "a tenth of the variance between the classes.",
       "log10 of the lesser one over 0.1",
       Least({StaysAbove(weak, kNegligible), StaysAbove(strong, kNegligible)})},
      {"train_falls_ten_times_further_than_weak",
       "TrainVariance falls by at least ten times the factor by which "
       "WeakTestVariance falls.",
       "log10 of the ratio of falls, less 1",
       FallsFurther(kCell, TrainVariance(), WeakTestVariance(), 10)},
      {"train_falls_ten_times_further_than_strong",
       "TrainVariance falls by at least ten times the factor by which "
       "StrongTestVariance falls.",
       "log10 of the ratio of falls, less 1",
       FallsFurther(kCell, TrainVariance(), StrongTestVariance(), 10)},
  };
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "WeakTestVariance: k-means on the test features at the last step, ten "
      "k-means++ starts and one from the class means, the lowest inertia wins; "
      "k_means.json in each run has all starts. \"arg min\" in the paper's "
      "formula is read as min.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    (ExperimentInfo{
        {"fig3",
         "train, weak and strong test variance, ResNet18 on CIFAR-10",
         "arXiv 2202.08384, figure 3",
         {}},
        {}}),
    Fig3);

}  // namespace
}  // namespace nclab
