// dropout_speed: does dropout speed train collapse up? (footnote 2 of the
// paper). VGG11-BN at four rates of dropout.
#include "absl/strings/str_cat.h"
#include "experiments/experiment.h"
#include "experiments/paper_runs.h"
#include "experiments/product.h"
#include "experiments/statistics.h"

namespace nclab {
namespace {

constexpr char kRates[] = "0|0.1|0.3|0.5";

Axis Data() {
  return {{{"data", "fashion_mnist"}, {"view", "image_size=32,channels=3"}},
          {{"data", "cifar10"}, {"view", ""}}};
}

// Steps until TrainVariance is a `factor`th of that behind the first epoch.
Number StepsToFallBy(const std::string& cell, double factor) {
  return StepsToFall(cell, TrainVariance(),
                     At(cell, TrainVariance(), AfterFirstEpoch()) / factor);
}

// Panels and claims of one dataset.
void AddData(const std::string& data, Experiment& e) {
  const std::string none = data + "-0";
  Panel curves = VariancePanel(data, "TrainVariance, {runs}", {});
  Panel steps{.id = data + "-steps",
              .title = "steps until it has fallen, {runs}",
              .x_title = "dropout",
              .y_title = "SGD iterations",
              .log_y = true};
  for (const Words& one : Values("rate", kRates)) {
    const std::string& rate = one.at("rate");
    const std::string cell = absl::StrCat(data, "-", rate);
    curves.curves.push_back({cell, TrainVariance(), "dropout " + rate});
    AddNamed(steps, "to a half", rate, StepsToFallBy(cell, 2));
    AddNamed(steps, "to a tenth", rate, StepsToFallBy(cell, 10));
    if (cell == none) continue;
    const auto add = [&](const std::string& id, const std::string& text,
                         const std::string& effect, const Number& number) {
      e.claims.push_back(
          {.id = absl::StrCat(id, "_", data, "_", rate),
           .text = absl::StrCat("{runs}: with dropout ", rate, " ", text),
           .effect = effect,
           .statistic = number,
           .needs = TrainedTo({}, 0.01),
           .row = absl::StrCat("dropout ", rate, " on ", data),
           .column = id});
    };
    add("halves_sooner",
        "TrainVariance falls to half of what it is after the first epoch in "
        "fewer steps than without.",
        "log10 of the steps without over those with dropout",
        Above(StepsToFallBy(none, 2), StepsToFallBy(cell, 2)));
    add("falls_tenfold_sooner",
        "TrainVariance falls to a tenth of what it is after the first epoch in "
        "fewer steps than without.",
        "log10 of the steps without over those with dropout",
        Above(StepsToFallBy(none, 10), StepsToFallBy(cell, 10)));
    add("ends_lower", "TrainVariance is lower at the last step than without.",
        "log10 of TrainVariance without over that with dropout",
        Above(At(none, TrainVariance()), At(cell, TrainVariance())));
  }
  e.claims.push_back(
      {.id = "collapses_without_" + data,
       .text = "{runs}: without dropout TrainVariance is below a tenth of the "
               "variance between the classes at the last step.",
       .effect = "1 - TrainVariance / 0.1",
       .statistic = Below(At(none, TrainVariance()), kNegligible),
       .needs = TrainedTo({}, 0.01)});
  e.panels.push_back(std::move(curves));
  e.panels.push_back(std::move(steps));
}

Experiment DropoutSpeed() {
  Experiment e;
  e.title = "Does dropout speed train collapse up?";
  e.paper =
      "Footnote 2: the train variance of VGG does not always collapse; with "
      "dropout train collapse is often accelerated.";
  e.cells = Product({Data(), Values("rate", kRates)}, [](const Words& at) {
    return Cell{
        Fill("{data}-{rate}", at),
        PaperRun(Fill(at.at("view").empty() ? "{data}" : "{data}({view})", at),
                 Fill("vgg11_bn(dropout={rate})", at), 0.01)};
  });
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary =
           "FashionMNIST alone: 1,000 training and 1,000 test images, an "
           "eighth of the channels, 256 hidden units in place of 4,096, "
           "1,000 SGD steps in place of 80,000",
       .seeds = {0, 1, 2},
       .rules = {{.set = {{"dataset",
                           "fashion_mnist(train_size=1000,test_size=1000,"
                           "image_size=32,channels=3)"},
                          {"model",
                           "vgg11_bn(width=8,hidden=256,dropout={rate})"},
                          {"steps", "1000"}}},
                 {.where = {{"data", "cifar10"}}, .leave_out = true}}},
      SmokePreset({0})};
  e.presets.back().set.erase("model");
  e.presets.back().rules = {
      {.set = {{"model", "vgg11_bn(width=1,hidden=8,dropout={rate})"}}}};
  AddData("fashion_mnist", e);
  AddData("cifar10", e);
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  e.decisions.push_back(
      "Dropout is torchvision's, behind each of the two hidden Linears; the "
      "variances are measured without it.");
  return e;
}

NCLAB_REGISTER_EXPERIMENT(
    {.name = "dropout_speed",
     .summary = "dropout and the time that train variance takes to fall",
     .reference = "arXiv 2202.08384, footnote 2"},
    DropoutSpeed);

}  // namespace
}  // namespace nclab
