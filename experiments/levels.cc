// levels: which reading of the paper's silent points gives the levels that its
// axes show. Of each panel that two cores can afford the smallest run, one
// point of the reading changed at a time; PAPER.md, section 6.
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "experiments/axes.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/spec/fields.h"
#include "tools/base/logging.h"

namespace nclab {
namespace {

// The paper's panels, at the smallest of their sizes. `few`: training and test
// samples of preset small, where it has fewer.
Axis Panels() {
  return {
      {{"panel", "fig4_left"},
       {"dataset", "cifar10(train_size=12500)"},
       {"model", "resnet18"},
       {"kind", "resnet"},
       {"steps", "80000"},
       {"lr", "0.1"}},
      {{"panel", "fig4_right"},
       {"dataset", "fashion_mnist(train_size=10000,image_size=32,channels=3)"},
       {"model", "vgg11_bn"},
       {"kind", "vgg"},
       {"steps", "80000"},
       {"lr", "0.01"}},
      {{"panel", "fig5_left"},
       {"dataset", "mnist(train_size=1000,test_size=200,superclass=odd_even)"},
       {"model", "mlp(width=1024,depth=3)"},
       {"kind", "mlp"},
       {"steps", "100000"},
       {"lr", "0.001"}},
      {{"panel", "fig6"},
       {"dataset", "mnist(train_per_class=100,test_per_class=20)"},
       {"model", "mlp(width=1024,depth=3)"},
       {"kind", "mlp"},
       {"steps", "80000"},
       {"lr", "0.001"}}};
}

// One point changed at a time. Rows without a kind are of every panel.
Axis Points() {
  return {{{"point", "text"}, {"set", ""}},
          {{"point", "stem"}, {"kind", "resnet"}, {"set", "model.stem=cifar"}},
          {{"point", "decay"}, {"set", "optimizer.weight_decay=5e-4"}},
          {{"point", "decay_1e-3"},
           {"kind", "mlp"},
           {"set", "optimizer.weight_decay=1e-3"}},
          {{"point", "nesterov"}, {"set", "optimizer.nesterov=true"}},
          {{"point", "momentum_0"},
           {"kind", "mlp"},
           {"set", "optimizer.momentum=0"}},
          {{"point", "half"}, {"set", "dataset.normalize=minus_one_to_one"}},
          {{"point", "raw"}, {"set", "dataset.normalize=zero_to_one"}},
          {{"point", "batch_256"}, {"kind", "vgg"}, {"set", "batch_size=256"}},
          {{"point", "square_loss"},
           {"panel", "fig6"},
           {"set", "objective=mse(scale=classes)"}},
          {{"point", "square_loss_momentum_0"},
           {"panel", "fig6"},
           {"set", "objective=mse(scale=classes);optimizer.momentum=0"}},
          {{"point", "stem_decay"},
           {"kind", "resnet"},
           {"set", "model.stem=cifar;optimizer.weight_decay=5e-4"}}};
}

// What a panel shows of a cell, and the ranges of the paper's axes.
struct Shown {
  std::string panel, title;
  Range x, y;
  std::function<Mark(const std::string& cell, const Convention& read)> mark;
};

const std::vector<Shown>& AllShown() {
  static const auto* const all = [] {
    const auto train_and_test = [](const std::string& cell,
                                   const Convention& read) {
      return Mark{"", At(cell, read.Of(TrainVariance())),
                  At(cell, read.Of(StrongTestVariance()))};
    };
    return new std::vector<Shown>{
        {"fig4_left",
         "N = 12,500: train and test variance",
         {0.06, 0.2},
         {1, 2},
         train_and_test},
        {"fig4_right",
         "N = 10,000: train and test variance",
         {0.6, 0.8},
         {2.2, 3.8},
         train_and_test},
        {"fig5_left",
         "train variance at a fifth and at the end",
         {0.14, 0.22},
         {0.14, 0.22},
         [](const std::string& cell, const Convention& read) {
           const Quantity train = read.Of(TrainVariance());
           return Mark{"", At(cell, train, FromShare(0.2)), At(cell, train)};
         }},
        {"fig6",
         "train variance of the first and the last layer",
         {2, 6},
         {2, 6},
         [](const std::string& cell, const Convention& read) {
           return Mark{"", At(cell, read.Of(TrainVariance("fc1"))),
                       At(cell, read.Of(TrainVariance("fc3")))};
         }}};
  }();
  return *all;
}

// The panel, and a claim for each of its points under each convention.
void AddPanel(const Shown& shown, Experiment& e) {
  Panel panel{.id = shown.panel,
              .title = "{runs}, " + shown.title,
              .x_title = "x of the paper's panel",
              .y_title = "y of the paper's panel",
              .paper_range = shown.y,
              .paper_x_range = shown.x};
  const std::vector<std::pair<std::string, Convention>> conventions = {
      {"ratio", {}}, {"ratio_own", {.anchor = "own"}}, {"trace", Trace()}};
  std::vector<Number> nearness;
  for (const Cell& cell : e.cells) {
    if (!IsAt(cell, {{"panel", shown.panel}})) continue;
    for (const auto& [convention, read] : conventions) {
      Mark mark = shown.mark(cell.name, read);
      mark.label = absl::StrCat(cell.at.at("point"), ", ", convention);
      Panel alone = panel;
      alone.marks = {mark};
      Claim claim = OnAxes(alone);
      nearness.push_back(0 - claim.statistic.effect());
      absl::StrAppend(&claim.id, "_", cell.at.at("point"), "_", convention);
      claim.text = absl::StrCat("{runs}, read as ", mark.label,
                                ": x and y lie within the paper's axes.");
      e.claims.push_back(std::move(claim));
      panel.marks.push_back(std::move(mark));
    }
  }
  e.claims.push_back(
      {.id = AxesClaimId(panel),
       .text = absl::StrCat("{runs}, ", shown.title, ": one of the ",
                            nearness.size(),
                            " readings tried lies within the paper's axes."),
       .effect = "distance of the nearest reading, in powers of ten",
       .statistic = ClaimStatistic::Distance(0 - Best(std::move(nearness)))});
  e.panels.push_back(std::move(panel));
}

Cell LevelsCell(const Words& at) {
  RunSpec spec =
      PaperRun(at.at("dataset"), at.at("model"), std::stod(at.at("lr")));
  spec.steps = std::stoll(at.at("steps"));
  spec.metrics.push_back(Trace().metric);
  if (at.at("kind") == "mlp") spec.layers = {"all"};
  for (const absl::string_view one :
       absl::StrSplit(at.at("set"), ';', absl::SkipEmpty())) {
    const std::pair<std::string, std::string> set =
        absl::StrSplit(one, absl::MaxSplits('=', 1));
    const absl::Status known = SetField(spec, set.first, set.second);
    CHECK(known.ok()) << known;
  }
  return {Fill("{panel}-{point}", at), std::move(spec)};
}

Experiment Levels() {
  Experiment e;
  e.title = "Which reading of the silent points gives the paper's levels";
  e.paper =
      "The paper's figures 1 to 6 show levels that the decisions for its "
      "silent "
      "points do not give. A reading counts as found where it lands on the "
      "axes "
      "with seeds that the search did not use: where many readings are tried, "
      "one may land there by chance.";
  e.cells = Product({Panels(), Points()}, LevelsCell);
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary =
           "a tenth of the images of figure 4 and 1,000 test images, a quarter "
           "of the channels (VGG11: 256 hidden units), 2,000 steps; figures 5 "
           "and 6: 8,000 steps at ten times the learning rate; one seed",
       .seeds = {0},
       .rules = {{.where = {{"panel", "fig4_left"}},
                  .set = {{"dataset.train_size", "1250"},
                          {"dataset.test_size", "1000"},
                          {"model.width", "16"},
                          {"steps", "2000"}}},
                 {.where = {{"panel", "fig4_right"}},
                  .set = {{"dataset.train_size", "1000"},
                          {"dataset.test_size", "1000"},
                          {"model.width", "16"},
                          {"model.hidden", "256"},
                          {"steps", "2000"}}},
                 {.where = {{"kind", "mlp"}},
                  .set = {{"steps", "8000"}, {"lr", "0.01"}}}}},
      SmokePreset({0})};
  e.presets.back().rules = {
      {.where = {{"kind", "mlp"}},
       .set = {{"dataset", "synthetic_images(train=64,test=32,classes=4)"},
               {"model", "mlp(width=16,depth=3)"}}}};
  for (const Shown& shown : AllShown()) AddPanel(shown, e);
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "Each mark is a reading: a point of the recipe, and a convention. ratio: "
      "the text's, means at T; ratio_own: means of the same step; trace: "
      "Tr(S_W S_B^+), not divided. Conventions are measured in the same runs.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "levels",
     .summary = "which reading of the silent points gives the paper's levels",
     .reference = "arXiv 2202.08384, figures 4 to 6; PAPER.md, section 6"},
    Levels);

}  // namespace
}  // namespace nclab
