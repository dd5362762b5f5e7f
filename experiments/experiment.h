// What an experiment is, and how one is registered.
//
// An experiment is data: cells to run, presets, panels to draw, claims to
// judge. It has no loop, no flag and no plotting call of its own; see
// experiments/fig6.cc.
#ifndef NCLAB_EXPERIMENTS_EXPERIMENT_H_
#define NCLAB_EXPERIMENTS_EXPERIMENT_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "experiments/records/records.h"
#include "experiments/spec/run_spec.h"
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

// A number that is measured in a run.
struct Quantity {
  std::string metric;
  std::string split;
  std::string anchor;
  // Which layers: "hidden" (each but `features` and the .pre ones; `features`
  // where there is no other), "pre" (each .pre layer), a layer's name, or ""
  // for what belongs to no layer.
  std::string layers;
};

// The paper's three variances (section 3.1), of `features` unless named.
Quantity TrainVariance(const std::string& layers = "features");
Quantity StrongTestVariance(const std::string& layers = "features");
Quantity WeakTestVariance();

// A quantity of one cell over SGD steps, one curve per layer.
struct Curves {
  std::string cell;
  Quantity quantity;
  std::string label = "";  // of the series; "": the layer's name
};

// One number of a seed: the greatest over `cells` of a quantity at `at`, a
// share of the run's steps. Cells that the plan left out do not count, nor do
// runs that diverged; if one of the others has no number, neither has this.
struct Value {
  std::vector<std::string> cells;
  Quantity quantity;
  double at = 1;
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

// What panels and claims see of one run.
struct RunRows {
  std::vector<MetricRow> rows;  // none where it did not finish
  int64_t epoch = 1;            // SGD steps of an epoch
  bool diverged = false;        // it has no rows, and never will have
};

// The runs of one seed, by cell: every planned one.
using SeedRows = std::map<std::string, RunRows>;

// How far a claim holds for one seed: positive where it does, 0 where nothing
// speaks for it, nothing where a number that it needs is missing (NaN is).
class Statistic {
 public:
  using Effect = std::function<std::optional<double>(const SeedRows&)>;
  // The effects, within one seed, of all arrangements of its numbers that are
  // equally likely if nothing is behind the claim; the observed one is among
  // them. Empty where that cannot be said.
  using Arrangements = std::function<std::vector<double>(const SeedRows&)>;

  // `cells`: whose runs it looks at. `most`: no effect lies beyond +/- this.
  Statistic(std::vector<std::string> cells, Effect effect,
            double most = std::numeric_limits<double>::infinity(),
            Arrangements arrangements = {})
      : cells_(std::move(cells)),
        effect_(std::move(effect)),
        most_(most),
        arrangements_(std::move(arrangements)) {}

  const std::vector<std::string>& cells() const { return cells_; }
  double most() const { return most_; }
  std::optional<double> operator()(const SeedRows& seed) const {
    return effect_(seed);
  }
  std::vector<double> ArrangementsOf(const SeedRows& seed) const {
    return arrangements_ ? arrangements_(seed) : std::vector<double>();
  }

 private:
  std::vector<std::string> cells_;
  Effect effect_;
  double most_;
  Arrangements arrangements_;
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

// Whether an experiment is whole: it has the presets paper, small and smoke,
// its ids are unique, and every cell that anything names is one of its own.
// \error kInvalidArgument names what is wrong, and where.
absl::Status CheckExperiment(const Experiment& experiment);

using ExperimentFactory = std::function<Experiment()>;
using ExperimentRegistry = Registry<ExperimentInfo, ExperimentFactory>;
ExperimentRegistry& Experiments();

// Registers at static-initialisation time. Whenever the experiment is made it
// is checked as CheckExperiment() does; the program aborts if something is
// wrong, naming the experiment and the place. Returns true.
bool RegisterExperiment(ExperimentInfo info, ExperimentFactory factory,
                        const char* file, int line);

// The names that Quantity::layers stands for among the layers of `rows`, in
// network order.
std::vector<std::string> SelectLayers(const std::vector<MetricRow>& rows,
                                      const std::string& selection);

// The value of one number, if it is there and is one.
std::optional<double> FindValue(const std::vector<MetricRow>& rows,
                                int64_t step, const Quantity& quantity,
                                const std::string& layer);

// The number that `value` names, if it is there.
std::optional<double> FindValue(const SeedRows& seed, const Value& value);

// First and last evaluated step of the rows; nothing if there are none.
std::optional<std::pair<int64_t, int64_t>> StepRange(
    const std::vector<MetricRow>& rows);

}  // namespace nclab

// In a .cc file only, once per experiment. The arguments are an ExperimentInfo
// and an ExperimentFactory.
#define NCLAB_REGISTER_EXPERIMENT(...) \
  NCLAB_REGISTER(::nclab::RegisterExperiment, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_EXPERIMENT_H_
