// cascade_depth: is the cascade of figure 6 one of deeper and of convolutional
// networks, and of test features? (section 5 of the paper, which shows an MLP
// of three layers and its train features).
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

// A correlation of log separation with the layer's number that may be called
// linear: He and Su's figures have -0.97 and less.
constexpr double kLinear = -0.95;

Axis Nets() {
  Axis nets = {{{"net", "resnet18"},
                {"kind", "conv"},
                {"model", "resnet18"},
                {"lr", "0.1"},
                {"small_model", "resnet18(width=16)"}},
               {{"net", "vgg11_bn"},
                {"kind", "conv"},
                {"model", "vgg11_bn"},
                {"lr", "0.01"},
                {"small_model", "vgg11_bn(width=16,hidden=256)"}}};
  for (Words depth : Values("depth", "3|6|12")) {
    depth.insert(
        {{"net", Fill("mlp-{depth}", depth)},
         {"kind", "mlp"},
         {"model", Fill("mlp(width=1024,depth={depth})", depth)},
         {"lr", "0.001"},
         {"small_model", Fill("mlp(width=256,depth={depth})", depth)}});
    nets.push_back(depth);
  }
  return nets;
}

// Panels and claims of one network.
void AddNet(const std::string& net, Experiment& e) {
  const Quantity train = TrainVariance("hidden");
  const Quantity test = StrongTestVariance("hidden");
  e.panels.push_back(
      VariancePanel(net + "-train", "TrainVariance, " + net, {{net, train}}));
  e.panels.push_back(VariancePanel(net + "-test", "StrongTestVariance, " + net,
                                   {{net, test}}));
  const auto add = [&](const std::string& id, const std::string& row,
                       const std::string& effect, const Number& number) {
    e.claims.push_back({.id = absl::StrCat(id, "_", net),
                        .text = absl::StrCat(net, ", {runs}: ", row, "."),
                        .effect = effect,
                        .statistic = number,
                        .needs = TrainedTo({}, 0.0),
                        .row = row,
                        .column = net});
  };
  const std::string neighbours = "least log10 ratio of neighbouring layers";
  add("train_order", "TrainVariance ends lower the deeper the layer",
      neighbours, LayersDescendAtEnd(net, train));
  add("test_order", "StrongTestVariance ends lower the deeper the layer",
      neighbours, LayersDescendAtEnd(net, test));
  add("deeper_first", "the deeper a layer, the earlier its TrainVariance falls",
      "least log10 ratio of the steps at which neighbours pass the level of "
      "the least collapsed",
      DeeperLayersFallFirst(net, train));
  add("last_falls_most", "TrainVariance falls furthest in the last layer",
      "its fall less the greatest other, in powers of ten",
      LastLayerFallsMost(net, train));
  add("every_test_falls", "StrongTestVariance falls in every layer",
      "least fall of a layer, in powers of ten", EveryLayerFalls(net, test));
  const Quantity correlation = {"equi_separation_correlation", "train", "own",
                                ""};
  add("log_linear",
      "log Tr(S_W S_B^+) falls linearly with the layer, correlation below "
      "-0.95",
      "-0.95 less the correlation", kLinear - At(net, correlation));
}

Experiment CascadeDepth() {
  Experiment e;
  e.title = "The cascade in deeper networks, and on test features";
  e.paper =
      "Section 5: in an MLP of three hidden layers the last one collapses "
      "first and most on training samples, the first one least. Of other "
      "depths, of convolutional networks and of test samples it says nothing; "
      "He and Su (PNAS 2023) find that the log of Tr(S_W S_B^+) falls linearly "
      "with the layer.";
  e.cells = Product({Nets()}, [](const Words& at) {
    const bool mlp = at.at("kind") == "mlp";
    Cell cell{at.at("net"),
              PaperRun(mlp ? "mnist(train_per_class=100,test_per_class=20)"
                           : "cifar10",
                       at.at("model"), std::stod(at.at("lr")))};
    cell.spec.layers = {"all"};
    cell.spec.metrics.push_back("equi_separation_correlation");
    cell.spec.metrics.push_back("nc1_pinv_trace");
    return cell;
  });
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "MLPs of 256 units a layer, 100 test images a class, Adam "
                  "with learning rate 0.001, 2,000 steps; the others with a "
                  "quarter of the channels, 2,000 training and 1,000 test "
                  "images of CIFAR-10, 1,000 SGD steps",
       .set = {{"steps", "1000"}},
       .seeds = {0, 1, 2},
       .rules = {{.set = {{"model", "{small_model}"}}},
                 {.where = {{"kind", "mlp"}},
                  .set = {{"dataset",
                           "mnist(train_per_class=100,test_per_class=100)"},
                          {"optimizer", "adam"},
                          {"lr", "0.001"},
                          {"steps", "2000"}}},
                 {.where = {{"kind", "conv"}},
                  .set = {{"dataset",
                           "cifar10(train_per_class=200,"
                           "test_per_class=100)"}}}}},
      SmokePreset({0})};
  e.presets.back().rules = {{.where = {{"kind", "mlp"}},
                             .set = {{"model", "mlp(width=16,depth={depth})"},
                                     {"optimizer", "adam"}}}};
  for (const Cell& cell : e.cells) AddNet(cell.name, e);
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "cascade_depth",
     .summary = "layer by layer in deeper networks, train and test",
     .reference = "arXiv 2202.08384, section 5; He, Su, PNAS 120 (2023)"},
    CascadeDepth);

}  // namespace
}  // namespace nclab
