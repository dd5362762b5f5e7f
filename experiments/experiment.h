// What an experiment is, and how one is registered.
//
// An experiment is data: cells to run, presets, panels to draw, claims to
// judge. It has no loop, no flag and no plotting call of its own; see
// experiments/fig6.cc.
#ifndef NCLAB_EXPERIMENTS_EXPERIMENT_H_
#define NCLAB_EXPERIMENTS_EXPERIMENT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "experiments/spec/run_spec.h"
#include "experiments/statistic.h"
#include "experiments/values.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// One configuration, run once per seed.
struct Cell {
  std::string name;
  RunSpec spec;  // as in the paper; its seed is ignored

  // Where the run starts from another cell's checkpoint: that cell, and the
  // step as a share of its steps (0.2: at a fifth). "": from new weights.
  std::string parent = "";
  double parent_at = 0;
};

// Fields of a spec: key, value, as --set takes them.
using Settings = std::map<std::string, std::string>;

// A size of the whole experiment.
struct Preset {
  std::string name;     // paper, small, smoke; a figure may have others
  std::string summary;  // what is reduced, for the report
  Settings set = {};    // of every cell's spec
  std::vector<int64_t> seeds;
  // Of single cells, on top of `set`, by the cell's name.
  std::map<std::string, Settings> cell_set = {};
  // The cells that it leaves out.
  std::vector<std::string> without = {};
};

// A quantity of one cell over SGD steps, one curve per layer.
struct Curves {
  std::string cell;
  Quantity quantity;
  std::string label = "";  // of the series; "": the layer's name
};

// A point of a scatter plot.
struct Mark {
  // "{samples}" in it becomes the size of the training split of x's run.
  std::string label;
  Value x, y;
};

using Range = std::pair<double, double>;

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
  // The ranges that the paper's axes show; drawn behind the data.
  std::optional<Range> paper_range = {};  // of y
  std::optional<Range> paper_x_range = {};
};

// How far runs have to be trained before they say something about a claim: at
// their last step, on the training split in evaluation mode. Without a number:
// it does not matter.
struct Trained {
  std::optional<double> loss = {};   // at most
  std::optional<double> error = {};  // at most; 0: every sample is right
};

struct Claim {
  std::string id;
  std::string text;    // the paper's statement, measurable; as Panel::title
  std::string effect;  // what the statistic is, in words and units
  Statistic statistic;
  Trained trained = {};  // every run that the statistic looks at
};

struct Experiment {
  std::string title;  // as Panel::title, of all cells
  std::string paper;  // what the paper did and saw
  std::vector<Cell> cells;
  std::vector<Preset> presets;
  std::vector<Panel> panels;
  int columns = 2;  // panels side by side
  std::vector<Claim> claims;
  std::vector<std::string> decisions;   // where the paper's text is silent
  std::vector<std::string> deviations;  // DEVIATION: each departure from it
};

struct ExperimentInfo {
  std::string name;       // as on the command line
  std::string summary;    // one line
  std::string reference;  // the paper and its figure
  std::vector<std::string> aliases = {};
  std::vector<ParamSpec> params = {};
};

// Whether an experiment is whole: it has the presets paper, small and smoke, or
// none as a sweep, its ids are unique, and every cell that anything names is
// one of its own. \error kInvalidArgument names what is wrong, and where.
absl::Status CheckExperiment(const Experiment& experiment);

using ExperimentFactory = std::function<Experiment()>;
using ExperimentRegistry = Registry<ExperimentInfo, ExperimentFactory>;
ExperimentRegistry& Experiments();

// Registers at static-initialisation time. Whenever the experiment is made it
// is checked as CheckExperiment() does; the program aborts if something is
// wrong, naming the experiment and the place. Returns true.
bool RegisterExperiment(ExperimentInfo info, ExperimentFactory factory,
                        const char* file, int line);

}  // namespace nclab

// In a .cc file only, once per experiment. The arguments are an ExperimentInfo
// and an ExperimentFactory.
#define NCLAB_REGISTER_EXPERIMENT(...) \
  NCLAB_REGISTER(::nclab::RegisterExperiment, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_EXPERIMENT_H_
