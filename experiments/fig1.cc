// fig1: train features collapse, test features do not (figure 1 of the paper).
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kCell[] = "resnet18";

Experiment Fig1() {
  Experiment e;
  e.title = "Train collapse without test collapse: {runs}";
  e.paper =
      "ResNet18 on CIFAR-10, 80,000 SGD iterations, initial learning rate 0.1. "
      "TrainVariance falls towards 0; StrongTestVariance stays between about 1 "
      "and 10.";
  SetCifar10ResNet18(kCell, e);
  Panel panel =
      VariancePanel("variances", "{runs}",
                    {{kCell, TrainVariance(), "TrainVariance"},
                     {kCell, StrongTestVariance(), "StrongTestVariance"}});
  panel.paper_range = {1.0, 10.0};
  e.panels = {panel};
  e.columns = 1;
  const Value train = {{kCell}, TrainVariance()};
  const Value test = {{kCell}, StrongTestVariance()};
  e.claims = {
      {"train_falls",
       "{runs}: TrainVariance falls from the end of the first epoch to the "
       "last step.",
       "fall, in powers of ten", EveryLayerFalls(kCell, TrainVariance()),
       kTrainedToZero},
      {"test_stays_above_train",
       "{runs}: at the last step StrongTestVariance is above TrainVariance.",
       "log10 of test over train", Above(test, train), kTrainedToZero},
      {"test_does_not_collapse",
       "{runs}: StrongTestVariance does not come to nothing: at the last step "
       "it is above a tenth of the variance between the classes.",
       "log10 of StrongTestVariance over 0.1", StaysAbove(test, kNegligible),
       kTrainedToZero},
      {"test_is_ten_times_train",
       "{runs}: train features collapse much further: at the last step "
       "StrongTestVariance is above ten times TrainVariance.",
       "log10 of test over train, less 1", Above(test, train, 10),
       kTrainedToZero},
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
