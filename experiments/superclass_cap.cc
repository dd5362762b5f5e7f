// superclass_cap: what super-class training leaves of the classes (section 4.1
// of the paper). Ten-way accuracy of classifiers on frozen features, fitted to
// the training samples' own classes, while the features collapse.
//
// Features at one point per super-class let no classifier be right on more than
// one class of each: C / 10 of balanced test samples, the cap. The one-hot
// decision is such a feature.
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

Axis Data() {
  return {{{"data", "mnist"},
           {"two", "odd_even"},
           {"net", "mlp(width=1024,depth=3)"},
           {"lr", "0.01"},
           {"size", "train_per_class=500,test_per_class=100"},
           {"small_size", "train_per_class=200,test_per_class=100"},
           {"small_net", "mlp(width=256,depth=3)"}},
          {{"data", "cifar10"},
           {"two", "objects_animals"},
           {"net", "resnet18"},
           {"lr", "0.1"},
           {"size", "train_per_class=5000,test_per_class=1000"},
           {"small_size", "train_per_class=200,test_per_class=100"},
           {"small_net", "resnet18(width=16)"}}};
}

Axis Labels() {
  return {{{"labels", "2"}, {"map", "{two}"}},
          {{"labels", "5"}, {"map", "pairs"}}};
}

Number Of(const std::string& metric, const std::string& cell,
          const std::string& layer, const Time& time) {
  return At(cell, {metric, "test", "", layer}, time);
}
Number Better(const std::string& cell, const std::string& layer,
              const Time& time = AtEnd()) {
  return Greatest({Of("knn_accuracy", cell, layer, time),
                   Of("ridge_accuracy", cell, layer, time)});
}

// Of one cell; `classes` of the original ones that its labels cover.
void AddCell(const Cell& cell, double classes, Experiment& e) {
  const std::string& name = cell.name;
  const double cap = std::stod(cell.at.at("labels")) / classes;
  Panel panel{
      .id = name,
      .title = absl::StrCat("{runs}, ", cell.at.at("labels"), " super-classes"),
      .x_title = "SGD iterations",
      .y_title = "accuracy on the original test classes"};
  const Number loss = At(name, {"loss", "train", "", ""}, Now());
  panel.curves = {
      {name, {Of("knn_accuracy", name, "features", Now())}, "neighbours"},
      {name, {Of("ridge_accuracy", name, "features", Now())}, "ridge probe"},
      {name, {Better(name, "one_hot", Now())}, "one-hot decision"},
      {name, {loss - loss + cap}, "cap"}};
  e.panels.push_back(std::move(panel));
  std::vector<Number> collapse, kept;
  for (const double share : {0.02, 0.05, 0.1, 0.2, 0.4, 0.6, 0.8, 1.0}) {
    Quantity own = TrainVariance();
    own.anchor = "own";
    collapse.push_back(At(name, own, FromShare(share)));
    kept.push_back(Better(name, "features", FromShare(share)));
  }
  const auto add = [&](const std::string& id, const std::string& text,
                       const std::string& effect, const auto& statistic) {
    e.claims.push_back({.id = absl::StrCat(id, "_", name),
                        .text = absl::StrCat("{runs}, ", cell.at.at("labels"),
                                             " super-classes: ", text),
                        .effect = effect,
                        .statistic = statistic,
                        .row = text,
                        .column = name});
  };
  add("cap_of_one_hot",
      "on fully collapsed features no classifier exceeds the cap.",
      "cap plus 0.02, less the better accuracy on the one-hot decision",
      cap + 0.02 - Better(name, "one_hot"));
  add("features_exceed_cap",
      "on the network's own features the better one is above twice the cap at "
      "the last step, or above 0.9.",
      "the better accuracy less that",
      Better(name, "features") - std::min(2 * cap, 0.9));
  add("accuracy_falls",
      "the better one's accuracy at the last step is below its greatest of "
      "eight evaluations.",
      "difference of the two", Greatest(kept) - kept.back());
  add("falls_with_collapse",
      "the lower the TrainVariance of eight evaluations, the lower the better "
      "one's accuracy.",
      "rank correlation", RankCorrelation(collapse, kept, +1));
}

Experiment SuperclassCap() {
  Experiment e;
  e.title = "What super-class training leaves of the classes";
  e.paper =
      "Section 4.1: after training on two super-classes with full weak "
      "collapse no classifier on the frozen features exceeds 20 % on the ten "
      "classes. Against it stands arXiv 2306.17105: with five coarse labels of "
      "CIFAR-10, clusters of the features give the ten classes back, with 93 % "
      "test accuracy.";
  e.cells = Product({Data(), Labels()}, [](const Words& at) {
    Words words = at;
    words["map"] = Fill(at.at("map"), at);
    Cell cell{Fill("{data}-{labels}", at),
              PaperRun(Fill("{data}({size},superclass={map})", words),
                       Fill("one_hot(of={net})", at), std::stod(at.at("lr")))};
    cell.spec.layers = {"features", "one_hot"};
    cell.spec.metrics.push_back("knn_accuracy");
    cell.spec.metrics.push_back("ridge_accuracy");
    return cell;
  });
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "200 training and 100 test images a class; MNIST: 256 units, "
                  "3,000 SGD steps; CIFAR-10: a quarter of the channels, 1,000",
       .set = {{"dataset.train_per_class", "200"},
               {"dataset.test_per_class", "100"},
               {"eval_points", "25"},
               {"steps", "1000"}},
       .seeds = {0, 1, 2},
       .rules = {{.set = {{"model", "one_hot(of={small_net})"}}},
                 {.where = {{"data", "mnist"}}, .set = {{"steps", "3000"}}}}},
      SmokePreset({0})};
  e.presets.back().set["model"] = "one_hot(of=convnet(width=4))";
  for (const Cell& cell : e.cells) {
    AddCell(cell, cell.name == "cifar10-2" ? 8 : 10, e);
  }
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "superclass_cap",
     .summary = "ten-way accuracy on features of super-class training",
     .reference = "arXiv 2202.08384, section 4.1; arXiv 2306.17105"},
    SuperclassCap);

}  // namespace
}  // namespace nclab
