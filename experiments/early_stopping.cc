// early_stopping: which measure that is known in pre-training ranks the
// checkpoints by what they are worth downstream? The practical moral of section
// 4.2 of the paper, which names the train variance.
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kBefore[] = "pretrain";
constexpr char kCheckpoints[] = "2|5|10|20|40|60|80|100";  // percent
constexpr char kRates[] = "0.01|0.05";

// A measure of a checkpoint.
struct Measure {
  std::string id, name;
  Quantity quantity;
};

std::vector<Measure> Measures() {
  const auto of = [](const std::string& metric, const std::string& split,
                     const std::string& anchor) {
    return Quantity{metric, split, anchor, "features"};
  };
  return {
      {"train_variance", "TrainVariance, means at T", TrainVariance()},
      {"own", "TrainVariance, own means", of("variance_ratio", "train", "own")},
      {"strong", "StrongTestVariance", StrongTestVariance()},
      {"weak", "WeakTestVariance", WeakTestVariance()},
      {"cdnv", "CDNV, train", of("cdnv", "train", "own")},
      {"trace", "Tr(S_W S_B^+), train", of("nc1_pinv_trace", "train", "own")},
      {"accuracy", "test accuracy", {"accuracy", "test", "", ""}},
      {"loss", "train loss", {"loss", "train", "", ""}},
      {"ridge", "ridge probe, digits", of("ridge_accuracy", "test", "")},
      {"rank", "effective rank", of("effective_rank_features", "train", "")}};
}

Experiment EarlyStopping() {
  Experiment e;
  e.title = "Which measure of a checkpoint ranks it by its transfer?";
  e.paper =
      "Section 4.2: checkpoints with a lower TrainVariance transfer worse, so "
      "pre-training should stop early. Other measures are not compared.";
  RunSpec before =
      PaperRun("mnist(train_size=1000,test_size=200,superclass=odd_even)",
               "mlp(width=1024,depth=3)", 0.001);
  before.steps = 100000;
  for (const Measure& measure : Measures()) {
    before.metrics.push_back(measure.quantity.metric);
  }
  e.cells = {{kBefore, before}};
  for (Cell cell :
       Product({Values("percent", kCheckpoints), Values("rate", kRates)},
               [](const Words& at) {
                 Cell child{Fill("{percent}%-lr{rate}", at),
                            PaperRun("mnist(train_size=500,test_size=2000,"
                                     "skip=1000,test_skip=200)",
                                     "mlp(width=1024,depth=3)",
                                     std::stod(at.at("rate"))),
                            kBefore, std::stod(at.at("percent")) / 100};
                 child.spec.steps = 5000;
                 child.spec.metrics = {"accuracy", "loss"};
                 child.spec.eval_points = 2;
                 return child;
               })) {
    e.cells.push_back(std::move(cell));
  }
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "256 units a layer, 4,000 steps of pre-training at ten "
                  "times the learning rate, 500 of fine-tuning",
       .set = {{"model", "mlp(width=256,depth=3)"}},
       .seeds = {0, 1, 2},
       .rules = {{.where = {{"cell", kBefore}},
                  .set = {{"steps", "4000"}, {"lr", "0.01"}}},
                 {.where = {{"rate", kRates}}, .set = {{"steps", "500"}}}}},
      SmokePreset({0})};
  e.presets.back().set["model"] = "mlp(width=16,depth=3)";
  e.presets.back().rules = {
      {.where = {{"cell", kBefore}},
       .set = {{"dataset", "synthetic_images(train=64,test=32,classes=2)"},
               {"steps", "60"}}},
      {.where = {{"percent", "2|5|10|60"}}, .leave_out = true},
      {.where = {{"rate", "0.05"}}, .leave_out = true}};
  Panel steps{.id = "steps",
              .title = "Downstream accuracy by the checkpoint, {runs}",
              .x_title = "percent of the pre-training",
              .y_title = "best downstream test accuracy"};
  std::vector<Number> accuracies;
  for (const Words& one : Values("percent", kCheckpoints)) {
    accuracies.push_back(
        Best(AtEach(CellsAt(e.cells, one), {"accuracy", "test", "", ""})));
    steps.marks.push_back({one.at("percent") + " %",
                           std::stod(one.at("percent")), accuracies.back()});
  }
  Panel ranks{.id = "ranks",
              .title = "Rank correlation with the downstream accuracy, {runs}",
              .x_title = "",
              .y_title = "rank correlation over the checkpoints"};
  std::vector<Number> sizes;
  for (const Measure& measure : Measures()) {
    std::vector<Number> values;
    for (const Words& one : Values("percent", kCheckpoints)) {
      values.push_back(At(kBefore, measure.quantity,
                          AtShare(std::stod(one.at("percent")) / 100)));
    }
    const ClaimStatistic correlation = RankCorrelation(values, accuracies, +1);
    AddNamed(ranks, "correlation", measure.name, correlation.effect());
    e.claims.push_back(
        {.id = "ranks_" + measure.id,
         .text = absl::StrCat("{runs}: the lower a checkpoint's ", measure.name,
                              ", the lower its best accuracy downstream."),
         .effect = "rank correlation",
         .statistic = correlation});
    sizes.push_back(Greatest({correlation.effect(), 0 - correlation.effect()}));
  }
  e.panels = {ranks, steps};
  e.claims.push_back(
      {.id = "train_variance_ranks_best",
       .text = absl::StrCat("{runs}: of the ", Measures().size(),
                            " measures, used either way round, TrainVariance "
                            "ranks the checkpoints best."),
       .effect = "its |rank correlation| less the greatest other",
       .statistic = sizes[0] - Greatest(std::vector<Number>(sizes.begin() + 1,
                                                            sizes.end()))});
  e.claims.push_back(
      {.id = "later_is_worse",
       .text = "{runs}: the last checkpoint is worth less downstream than the "
               "best of the earlier ones.",
       .effect = "difference of the accuracies",
       .statistic =
           Best(std::vector<Number>(accuracies.begin(), accuracies.end() - 1)) -
           accuracies.back()});
  e.decisions = PaperRunDecisions();
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "early_stopping",
     .summary = "which measure ranks checkpoints by their transfer",
     .reference = "arXiv 2202.08384, section 4.2"},
    EarlyStopping);

}  // namespace
}  // namespace nclab
