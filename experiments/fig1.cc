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
  panel.needs = TrainedToZero();
  e.panels = {panel};
  e.columns = 1;
  const Number train = At(kCell, TrainVariance());
  const Number test = At(kCell, StrongTestVariance());
  e.claims = {
      TrainFalls(kCell),
      {.id = "test_stays_above_train",
       .text = "{runs}: at the last step StrongTestVariance is above "
               "TrainVariance.",
       .effect = "log10 of test over train",
       .statistic = Above(test, train),
       .needs = TrainedToZero()},
      {.id = "test_does_not_collapse",
       .text =
           "{runs}: StrongTestVariance does not come to nothing: at the last "
           "step it is above a tenth of the variance between the classes.",
       .effect = "log10 of StrongTestVariance over 0.1",
       .statistic = Above(test, kNegligible),
       .needs = TrainedToZero()},
      {.id = "test_is_ten_times_train",
       .text = "{runs}: train features collapse much further: at the last step "
               "StrongTestVariance is above ten times TrainVariance.",
       .effect = "log10 of test over train, less 1",
       .statistic = Above(test, train, 10),
       .needs = TrainedToZero()},
  };
  e.readings = {CodeReading(),
                {.name = "axes",
                 .summary = "nearest to the paper's axes so far",
                 .rules = {SmallImageStem({{"cell", kCell}})},
                 .departures = {SmallImageStemDeparture()}}};
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig1",
     .summary = "train and test collapse, ResNet18 on CIFAR-10",
     .reference = "arXiv 2202.08384, figure 1"},
    Fig1);

}  // namespace
}  // namespace nclab
