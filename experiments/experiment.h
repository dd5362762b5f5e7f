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
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "experiments/panel.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/registry/registry.h"

namespace nclab {

// Values by key: a cell's place on the axes, as {{"data", "mnist"}}; fields of
// a spec, as --set takes them.
using Words = std::map<std::string, std::string>;
using Settings = Words;

// One configuration, run once per seed.
struct Cell {
  std::string name;
  RunSpec spec;  // as in the paper; its seed is ignored

  // Where the run starts from another cell's checkpoint: that cell, and the
  // step as a share of its steps (0.2: at a fifth). "": from new weights.
  std::string parent = "";
  double parent_at = 0;
  Words at = {};  // its place on the axes of a product: see product.h
};

// What some cells do otherwise.
struct Rule {
  // The cells: of each axis a value, or some as "a|b"; axis "cell" is the name.
  Words where = {};
  Settings set = {};  // "{axis}" in a value becomes the cell's own
  bool leave_out = false;
  Convention read = {};  // of a reading
};

// A size of the whole experiment.
struct Preset {
  std::string name;     // paper, small, smoke; a figure may have others
  std::string summary;  // what is reduced, for the report
  Settings set = {};    // of every cell's spec
  std::vector<int64_t> seeds;
  std::vector<Rule> rules = {};  // on top of `set`, in their order
};

// How the paper is read where it is silent, or says one thing and its released
// code another. Every experiment has "text", which is none of these: what the
// text says, with the decisions that it lists. A convention costs no training.
struct Reading {
  std::string name;         // code, axes
  std::string summary;      // what it follows
  std::vector<Rule> rules;  // on top of the preset's; leave nothing out
  // DEVIATION: each departure from the text, and what speaks for it.
  std::vector<std::string> departures;
};

struct Experiment {
  std::string title;  // as Panel::title, of all cells
  std::string paper;  // what the paper did and saw
  std::vector<Cell> cells;
  std::vector<Preset> presets;
  std::vector<Reading> readings = {};
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
// none as a sweep, its ids are unique, every cell that anything names is one of
// its own, and every rule has cells and known settings.
// \error kInvalidArgument names what is wrong, and where.
absl::Status CheckExperiment(const Experiment& experiment);

using ExperimentFactory = std::function<Experiment()>;
using ExperimentRegistry = Registry<ExperimentInfo, ExperimentFactory>;
ExperimentRegistry& Experiments();

// Registers at static-initialisation time. Whenever the experiment is made it
// gets a claim OnAxes() for each panel with a paper_range, unless it has one of
// that id, and is checked as
// CheckExperiment() does; the program aborts if something is wrong, naming the
// experiment and the place. Returns true.
bool RegisterExperiment(ExperimentInfo info, ExperimentFactory factory,
                        const char* file, int line);

}  // namespace nclab

// In a .cc file only, once per experiment. The arguments are an ExperimentInfo
// and an ExperimentFactory.
#define NCLAB_REGISTER_EXPERIMENT(...) \
  NCLAB_REGISTER(::nclab::RegisterExperiment, __VA_ARGS__)

#endif  // NCLAB_EXPERIMENTS_EXPERIMENT_H_
