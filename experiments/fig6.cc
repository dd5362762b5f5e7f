// fig6: cascading collapse (figure 6 and section 5 of the paper).
//
// An MLP of three hidden layers on 1,000 MNIST digits; TrainVariance of each
// hidden layer over SGD steps.
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

Cell MlpOnMnist() {
  RunSpec spec;
  spec.dataset = "mnist(train_per_class=100,test_per_class=20)";
  spec.model = "mlp(width=1024,depth=3)";
  spec.steps = 80000;
  spec.lr = 0.001;
  spec.layers = {"all"};
  // Seven layers of 1,024 units: an evaluation is 1.07 MB.
  spec.eval_points = 36;
  spec.metrics = {"accuracy", "between_variance", "cdnv",
                  "loss",     "variance_ratio",   "within_variance"};
  return {"mlp", spec};
}

Panel LayerPanel(const std::string& id, const std::string& title,
                 const std::string& layers) {
  Panel panel;
  panel.id = id;
  panel.title = title;
  panel.x_title = "SGD iterations";
  panel.y_title = "TrainVariance";
  panel.log_y = true;
  panel.curves = {{"mlp", TrainVariance(layers)}};
  panel.paper_range = {2.0, 6.0};
  return panel;
}

Experiment Fig6() {
  Experiment e;
  e.title = "Cascading collapse: TrainVariance of each hidden layer";
  e.paper =
      "A fully connected network with three hidden layers of 1,024 units, "
      "trained on MNIST with 100 samples a class (20 a class for test), SGD, "
      "learning rate 0.001, 80,000 iterations. The last hidden layer collapses "
      "first and most, the first layer least. All three curves lie between "
      "about 2 and 6 on a logarithmic axis.";
  e.cells = {MlpOnMnist()};
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary =
           "4,000 SGD steps in place of 80,000; two seeds in place of three",
       .set = {{"steps", "4000"}},
       .seeds = {0, 1}},
      {.name = "smoke",
       .summary = "a network of 32 units a layer, 10 training and 5 test "
                  "samples a class, 200 SGD steps at ten times the learning "
                  "rate: tests the path, shows nothing of the paper",
       .set = {{"dataset", "mnist(train_per_class=10,test_per_class=5)"},
               {"model", "mlp(width=32,depth=3)"},
               {"steps", "200"},
               {"lr", "0.01"},
               {"eval_points", "12"}},
       .seeds = {0, 1}},
  };
  e.panels = {LayerPanel("post", "{runs}, after the ReLU", "hidden"),
              LayerPanel("pre", "{runs}, before the ReLU", "pre")};
  e.claims = {
      {.id = "layer_order",
       .text = "{runs}: at the last step TrainVariance decreases from the "
               "first to the last hidden layer.",
       .effect = "least log10 ratio of neighbouring layers at the last step",
       .statistic = LayersDescendAtEnd("mlp", TrainVariance("hidden"))},
      {.id = "every_layer_falls",
       .text = "{runs}: TrainVariance of every hidden layer falls from the end "
               "of the first epoch to the last step.",
       .effect = "least fall of a layer, in powers of ten",
       .statistic = EveryLayerFalls("mlp", TrainVariance("hidden"))},
      {.id = "deeper_falls_first",
       .text =
           "{runs}: the deeper a hidden layer, the earlier its TrainVariance "
           "falls to the level at which the least collapsed layer ends.",
       .effect = "least log10 ratio of the steps at which neighbouring layers "
                 "pass it",
       .statistic = DeeperLayersFallFirst("mlp", TrainVariance("hidden"))},
      {.id = "last_falls_most",
       .text =
           "{runs}: from the end of the first epoch to the last step the last "
           "hidden layer's TrainVariance falls by the greatest factor.",
       .effect = "fall of the last layer less the greatest other fall, in "
                 "powers of ten",
       .statistic = LastLayerFallsMost("mlp", TrainVariance("hidden"))},
  };
  e.readings = {
      CodeReading(),
      {.name = "axes",
       .summary = "nearest to the paper's axes so far, not on them",
       .rules = {{.set = {{"objective", "mse(scale=classes)"},
                          {"optimizer.momentum", "0"},
                          {"steps", "8000"},
                          {"lr", "0.01"}}}},
       .departures = {
           "DEVIATION: the loss is the mean square over samples and classes of "
           "one-hot targets, without momentum, for a tenth of the steps at ten "
           "times the learning rate; the text says cross-entropy and momentum "
           "0.9. For it (PAPER.md, section 6): 2.92, 1.95 and 1.30 in the "
           "first to the last layer, from 4.2, 4.8 and 5.1, the last layer "
           "first, where cross-entropy ends at 1.7, 0.78 and 0.52 and the axis "
           "has 2 to 6; the authors' line of work is the square loss (arXiv "
           "2006.07322). One seed."}}};
  e.decisions = {
      "Means are those of the training set at the last step (anchor final), as "
      "the paper's text defines them; metrics.csv has the rows with means at "
      "each step (anchor own) beside them.",
      "Layers are measured after the ReLU (left) and before it (right): the "
      "paper does not say which it shows.",
      "No weight decay, batch 128, momentum 0.9, cosine schedule per step.",
      "\"100 per class\" are the first 100 of each class in file order.",
      "Inputs are normalised by mean and deviation of the whole MNIST training "
      "split.",
  };
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "fig6",
     .summary = "cascading collapse of hidden layers, MLP on MNIST",
     .reference = "arXiv 2202.08384, section 5 and figure 6",
     .aliases = {"cascading"}},
    Fig6);

}  // namespace
}  // namespace nclab
