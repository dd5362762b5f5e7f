// What an experiment shows and says: panels, and claims to judge.
#ifndef NCLAB_EXPERIMENTS_PANEL_H_
#define NCLAB_EXPERIMENTS_PANEL_H_

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/number.h"
#include "experiments/statistics.h"

namespace nclab {

// Numbers at every evaluation of a cell's run, one curve each.
struct Curves {
  // A quantity, one curve per layer.
  Curves(const std::string& cell, const Quantity& quantity,
         const std::string& label = "");
  // Numbers at Now().
  Curves(std::string cell, Numbers y, std::string label = "")
      : cell(std::move(cell)), y(std::move(y)), label(std::move(label)) {}

  std::string cell;
  Numbers y;
  std::string label;  // of the series; "": each number's name
};

// A point of a scatter plot, or of a line over names: see Panel::x_names.
struct Mark {
  // "{samples}" in it becomes the size of the training split of x's run.
  std::string label;
  Number x, y;
};

using Range = std::pair<double, double>;

// What has to hold for a run before it says something about a claim.
struct Need {
  std::function<Number(const std::string& cell)> of;
  double limit;
  std::string name;       // of the number, as "loss"
  std::string words;      // "a train loss of at most 1e-05"
  bool at_least = false;  // true: `of` is at least `limit`; false: at most
};
using Needs = std::vector<Need>;

// At the last step, on the training split in evaluation mode; nothing: it does
// not matter. An error of 0: every sample is right.
Needs TrainedTo(std::optional<double> loss, std::optional<double> error = {});

// Either curves over steps, or marks.
struct Panel {
  std::string id;
  // "{runs}" in it becomes what was run: "resnet18 on cifar10".
  std::string title;
  std::string x_title;
  std::string y_title;
  bool log_y = false;
  std::vector<Curves> curves = {};
  std::vector<Mark> marks = {};  // joined in their order by a line
  // What x = 0, 1, 2, ... are called, as the levels of a factor: marks of one
  // label are then a line of their own.
  std::vector<std::string> x_names = {};
  // The ranges that the paper's axes show; drawn behind the data.
  std::optional<Range> paper_range = {};  // of y
  std::optional<Range> paper_x_range = {};
  // Of its runs, before they are laid beside the paper's axes.
  Needs needs = {};
};

// Adds a mark of `label` at `name`, a new one of its x_names where need be.
void AddNamed(Panel& panel, const std::string& label, const std::string& name,
              Number y);

struct Claim {
  std::string id;
  std::string text;    // the paper's statement, measurable; as Panel::title
  std::string effect;  // what the statistic is, in words and units
  ClaimStatistic statistic;
  Needs needs = {};  // of every run that the statistic looks at
  // Its place in the page's table of verdicts, if it has one: a sentence and a
  // way to read it, for instance.
  std::string row = "", column = "";
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_PANEL_H_
