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
};

// A size of the whole experiment.
struct Preset {
  std::string name;                        // paper, small or smoke
  std::string summary;                     // what is reduced, for the report
  std::map<std::string, std::string> set;  // fields of every cell's spec
  std::vector<int64_t> seeds;
};

// Curves of one quantity over SGD steps, one per layer.
struct Curves {
  std::string cell;
  std::string metric;
  std::string split;
  std::string anchor;
  // Which layers: "hidden" (each but `features` and the .pre ones; `features`
  // where there is no other), "pre" (each .pre layer), or a layer's name.
  std::string layers;
};

struct Panel {
  std::string id;
  std::string title;
  std::string x_title;
  std::string y_title;
  bool log_y = false;
  Curves curves;
  // The range that the paper's axis shows; drawn behind the curves.
  std::optional<std::pair<double, double>> paper_range;
};

// The rows of one seed, by cell; a cell without a finished run is absent.
using SeedRows = std::map<std::string, std::vector<MetricRow>>;

// How far a claim holds for one seed: positive where it does. Nothing where a
// number that it needs is missing.
using Statistic = std::function<std::optional<double>(const SeedRows&)>;

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

// The names that Curves::layers stands for among the layers of `rows`, in
// network order.
std::vector<std::string> SelectLayers(const std::vector<MetricRow>& rows,
                                      const std::string& selection);

// The value of one number, if it is there and is one.
std::optional<double> FindValue(const std::vector<MetricRow>& rows,
                                int64_t step, const Curves& curves,
                                const std::string& layer);

// First and last evaluated step of the rows; nothing if there are none.
std::optional<std::pair<int64_t, int64_t>> StepRange(
    const std::vector<MetricRow>& rows);

}  // namespace nclab

// In a .cc file only, once per experiment. The arguments are an ExperimentInfo
// and an ExperimentFactory.
#define NCLAB_REGISTER_EXPERIMENT(info, ...)             \
  [[maybe_unused]] static const bool nclab_registered_ = \
      ::nclab::RegisterExperiment(info, __VA_ARGS__, __FILE__, __LINE__)

#endif  // NCLAB_EXPERIMENTS_EXPERIMENT_H_
