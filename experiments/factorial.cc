#include "experiments/factorial.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "experiments/paper_runs.h"
#include "experiments/spec/fields.h"
#include "experiments/statistics.h"
#include "tools/base/logging.h"

namespace nclab {
namespace {

const Quantity kTestAccuracy = {"accuracy", "test", "", ""};

// The levels of a factor, in the order of the rows.
std::vector<std::string> LevelsOf(const Axis& rows, const std::string& factor) {
  std::vector<std::string> levels;
  for (const Words& row : rows) {
    const std::string& level = row.at(factor);
    if (std::find(levels.begin(), levels.end(), level) == levels.end()) {
      levels.push_back(level);
    }
  }
  return levels;
}

std::string NameOf(const std::string& first, const std::string& second) {
  return absl::StrCat(first, "-", second);
}

std::string TransferOf(const std::string& cell) { return "transfer-" + cell; }

// Both panels of one outcome.
void AddPanels(const Outcome& outcome, const std::vector<std::string>& firsts,
               const std::vector<std::string>& seconds, Experiment& e) {
  Panel levels{.id = outcome.id,
               .title = outcome.name,
               .x_title = "",
               .y_title = outcome.name};
  // Of one level, over those of the other factor.
  const auto mean = [&](const std::string& level, bool of_first) {
    std::vector<Number> numbers;
    for (const std::string& other : of_first ? seconds : firsts) {
      numbers.push_back(
          outcome.of(of_first ? NameOf(level, other) : NameOf(other, level)));
    }
    return Mean(numbers);
  };
  for (const std::string& first : firsts) {
    for (const std::string& second : seconds) {
      AddNamed(levels, second, first, outcome.of(NameOf(first, second)));
    }
    AddNamed(levels, "mean", first, mean(first, true));
  }
  Panel effects{.id = outcome.id + "-effects",
                .title = "effects on it",
                .x_title = "",
                .y_title = "difference"};
  const auto add = [&](const std::string& name, const Number& effect) {
    AddNamed(effects, "effect", name, effect);
  };
  for (size_t j = 1; j < seconds.size(); ++j) {
    add(seconds[j], mean(seconds[j], false) - mean(seconds[0], false));
  }
  for (size_t i = 1; i < firsts.size(); ++i) {
    add(firsts[i], mean(firsts[i], true) - mean(firsts[0], true));
  }
  for (size_t i = 1; i < firsts.size(); ++i) {
    for (size_t j = 1; j < seconds.size(); ++j) {
      const auto change = [&](const std::string& first) {
        return outcome.of(NameOf(first, seconds[j])) -
               outcome.of(NameOf(first, seconds[0]));
      };
      add(absl::StrCat(firsts[i], " x ", seconds[j]),
          change(firsts[i]) - change(firsts[0]));
    }
  }
  e.panels.push_back(std::move(levels));
  e.panels.push_back(std::move(effects));
}

}  // namespace

std::vector<Outcome> FactorialOutcomes() {
  const auto log_of = [](const Quantity& quantity) {
    return [=](const std::string& cell) { return Log10(At(cell, quantity)); };
  };
  return {{"train", "log10 of TrainVariance", log_of(TrainVariance())},
          {"test", "log10 of StrongTestVariance", log_of(StrongTestVariance())},
          {"accuracy", "test accuracy",
           [](const std::string& cell) { return At(cell, kTestAccuracy); }},
          {"transfer", "test accuracy after fine-tuning",
           [](const std::string& cell) {
             return At(TransferOf(cell), kTestAccuracy);
           }}};
}

void SetFactorial(const Factorial& factorial,
                  const std::vector<Outcome>& outcomes, Experiment& e) {
  const std::string size = "(train_per_class=100,test_per_class=200)";
  const std::string net = "mlp(width=1024,depth=3)";
  for (Words row : factorial.rows) {
    const std::string name = NameOf(row.at("first"), row.at("second"));
    Cell cell{name, PaperRun("mnist" + size, net, 0.01)};
    cell.at = {{"stage", "before"}};
    cell.spec.steps = 20000;
    for (const auto& [field, value] : row) {
      if (field == "first" || field == "second") continue;
      const absl::Status known = SetField(cell.spec, field, value);
      CHECK(known.ok()) << known;
    }
    for (const std::string& metric : factorial.metrics) {
      cell.spec.metrics.push_back(metric);
    }
    Cell transfer{TransferOf(name), PaperRun("fashion_mnist" + size, net, 0.01),
                  name, 1};
    transfer.at = {{"stage", "after"}};
    transfer.spec.steps = 3000;
    transfer.spec.metrics = {"accuracy", "loss"};
    transfer.spec.eval_points = 2;
    e.cells.push_back(std::move(cell));
    e.cells.push_back(std::move(transfer));
  }
  e.presets = {
      PaperPreset(),
      {.name = "small",
       .summary = "256 units a layer, 3,000 steps, and 300 of fine-tuning",
       .set = {{"model", "mlp(width=256,depth=3)"}},
       .seeds = {0, 1, 2},
       .rules = {{.where = {{"stage", "before"}},
                  .set = {{"steps", "3000"}, {"eval_points", "12"}}},
                 {.where = {{"stage", "after"}}, .set = {{"steps", "300"}}}}},
      SmokePreset({0})};
  e.presets.back().set["model"] = "mlp(width=16,depth=3)";
  e.presets.back().set.erase("lr");
  for (const Outcome& outcome : outcomes) {
    AddPanels(outcome, LevelsOf(factorial.rows, "first"),
              LevelsOf(factorial.rows, "second"), e);
  }
  e.columns = 2;
  e.decisions = PaperRunDecisions();
  e.decisions[1] =
      "Batch 128, cosine schedule per step, no augmentation; optimizer, loss "
      "and weight decay as the cell says. Fine-tuning: cross-entropy, momentum "
      "0.9, learning rate 0.01, a new last layer.";
}

Claim CollapseGoesWithWorseTransfer(const Factorial& factorial) {
  std::vector<Number> variances, accuracies;
  for (const Words& row : factorial.rows) {
    const std::string cell = NameOf(row.at("first"), row.at("second"));
    variances.push_back(At(cell, TrainVariance()));
    accuracies.push_back(At(TransferOf(cell), kTestAccuracy));
  }
  return {.id = "collapse_goes_with_worse_transfer",
          .text =
              "Across the recipes, {runs}: the lower the TrainVariance, the "
              "lower the accuracy after fine-tuning.",
          .effect = "rank correlation over the recipes",
          .statistic = RankCorrelation(variances, accuracies, +1)};
}

}  // namespace nclab
