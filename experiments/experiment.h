// What an experiment is, and how one is registered.
//
// An experiment is data: cells to run, presets, panels to draw, claims to
// judge. It has no loop, no flag and no plotting call of its own; see
// experiments/fig6.cc.
#ifndef NCLAB_EXPERIMENTS_EXPERIMENT_H_
#define NCLAB_EXPERIMENTS_EXPERIMENT_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/training/records.h"
#include "experiments/training/run_spec.h"
#include "tools/base/registry.h"

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
  Settings set;         // of every cell's spec
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
  std::string label;
  Value x, y;
};

using Range = std::pair<double, double>;

// Either curves over steps, or marks.
struct Panel {
  std::string id;
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

// The rows of one seed, by cell: every planned cell, empty where its run did
// not finish, DivergedRun() where it never will.
using SeedRows = std::map<std::string, std::vector<MetricRow>>;

// In place of the rows of a run whose loss stopped being a number: no value is
// found in it.
std::vector<MetricRow> DivergedRun();

// How far a claim holds for one seed: positive where it does. Nothing where a
// number that it needs is missing.
class Statistic {
 public:
  using Effect = std::function<std::optional<double>(const SeedRows&)>;
  // The effects, within one seed, of all arrangements of its numbers that are
  // equally likely if nothing is behind the claim; the observed one is among
  // them. Empty where that cannot be said.
  using Arrangements = std::function<std::vector<double>(const SeedRows&)>;

  // From anything that an Effect can be made of.
  template <typename F>
  Statistic(F effect, Arrangements arrangements = {})  // NOLINT: implicit
      : effect_(std::move(effect)), arrangements_(std::move(arrangements)) {}

  std::optional<double> operator()(const SeedRows& seed) const {
    return effect_(seed);
  }
  std::vector<double> ArrangementsOf(const SeedRows& seed) const {
    return arrangements_ ? arrangements_(seed) : std::vector<double>();
  }

 private:
  Effect effect_;
  Arrangements arrangements_;
};

struct Claim {
  std::string id;
  std::string text;    // the paper's statement, measurable
  std::string effect;  // what the statistic is, in words and units
  Statistic statistic;
};

struct Experiment {
  std::string title;
  std::string paper;  // what the paper did and saw
  std::vector<Cell> cells;
  std::vector<Preset> presets;
  std::vector<Panel> panels;
  int columns = 2;  // panels side by side
  std::vector<Claim> claims;
  std::vector<std::string> decisions;   // where the paper's text is silent
  std::vector<std::string> deviations;  // DEVIATION: each departure from it
};

struct ExperimentInfo : ItemInfo {
  std::vector<std::string> aliases;
};

using ExperimentFactory = std::function<Experiment()>;
using ExperimentRegistry = Registry<ExperimentInfo, ExperimentFactory>;
ExperimentRegistry& Experiments();

// Registers at static-initialisation time. Returns true.
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
