// fig1: train features collapse, test features do not (figure 1 of the paper).
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kCell[] = "resnet18";

Experiment Fig1() {
  Experiment e;
  e.title = "Train collapse without test collapse: ResNet18 on CIFAR-10";
  e.paper =
      "ResNet18 on CIFAR-10, 80,000 SGD iterations, initial learning rate 0.1. "
      "TrainVariance falls towards 0; StrongTestVariance stays between about 1 "
      "and 10.";
  SetCifar10ResNet18(kCell, e);
  Panel panel =
      VariancePanel("variances", "ResNet18, CIFAR-10",
                    {{kCell, TrainVariance(), "TrainVariance"},
                     {kCell, StrongTestVariance(), "StrongTestVariance"}});
  panel.paper_range = {1.0, 10.0};
  e.panels = {panel};
  e.columns = 1;
  e.claims = {
      {"train_falls",
       "TrainVariance is lower at the last step than at the first.",
       "fall from the first to the last step, in powers of ten",
       EveryLayerFalls(kCell, TrainVariance())},
      {"test_stays_above_train",
       "At the last step the training error is 0 and StrongTestVariance is "
       "above TrainVariance.",
       "log10 of test over train; less than 0: the training error",
       TestAboveTrainAtZeroError(kCell)},
      {"test_does_not_collapse",
       "StrongTestVariance does not come to nothing: at the last step it is "
       "above a tenth of the variance between the classes.",
       "log10 of StrongTestVariance over 0.1",
       StaysAbove({{kCell}, StrongTestVariance()}, kNegligible)},
      {"train_falls_ten_times_further",
       "TrainVariance falls by at least ten times the factor by which "
       "StrongTestVariance falls.",
       "log10 of the ratio of falls, less 1",
       FallsFurther(kCell, TrainVariance(), StrongTestVariance(), 10)},
  };
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT((ExperimentInfo{
                              {"fig1",
                               "train and test collapse, ResNet18 on CIFAR-10",
                               "arXiv 2202.08384, figure 1",
                               {}},
                              {}}),
                          Fig1);

}  // namespace
}  // namespace nclab
