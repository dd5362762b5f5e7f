#include "experiments/plan.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/product.h"
#include "experiments/spec/fields.h"
#include "tools/base/errors.h"
#include "tools/base/registry/choice.h"
#include "tools/base/registry/choice_name.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

// --only as data: key, alternatives.
using Conditions = std::map<std::string, std::vector<std::string>>;

absl::StatusOr<Conditions> ParseOnly(const std::string& only) {
  Conditions conditions;
  for (const std::string& condition : SplitList(only)) {
    const size_t equals = condition.find('=');
    const std::string key = condition.substr(0, equals);
    if (equals == std::string::npos ||
        (key != "cell" && key != "dataset" && key != "model")) {
      return absl::InvalidArgumentError(
          absl::StrCat("--only has '", condition,
                       "'; expected cell=NAME, dataset=NAME or model=NAME."));
    }
    const bool is_new =
        conditions
            .emplace(key, absl::StrSplit(condition.substr(equals + 1), '|'))
            .second;
    if (!is_new) {
      return absl::InvalidArgumentError(absl::StrCat(
          "--only names '", key, "' twice, and no cell has two of them. ",
          "Alternatives are written ", key, "=A|B."));
    }
  }
  return conditions;
}

// Whether a cell meets them all. Keys are cell, dataset and model; datasets and
// models match by name, whatever their parameters.
absl::StatusOr<bool> Matches(const Cell& cell, const Conditions& conditions) {
  for (const auto& [key, wanted] : conditions) {
    std::string actual = cell.name;
    if (key != "cell") {
      NCLAB_ASSIGN_OR_RETURN(
          const Choice choice,
          ParseChoice(key == "dataset" ? cell.spec.dataset : cell.spec.model));
      actual = choice.name;
    }
    if (std::find(wanted.begin(), wanted.end(), actual) == wanted.end()) {
      return false;
    }
  }
  return true;
}

// The cells that --only asks for and those that they start from, each behind
// its parent. Cells that the preset leaves out are not among them.
absl::StatusOr<std::vector<const Cell*>> ChooseCells(
    const Experiment& experiment, const Preset& preset,
    const std::string& only) {
  NCLAB_ASSIGN_OR_RETURN(const Conditions conditions, ParseOnly(only));
  std::map<std::string, const Cell*> by_name;
  std::vector<std::string> known;
  std::set<std::string> datasets, models;
  std::vector<const Cell*> chosen;
  for (const Cell& cell : experiment.cells) by_name[cell.name] = &cell;
  for (const Cell& cell : experiment.cells) {
    if (LeavesOut(preset, cell)) continue;
    known.push_back(cell.name);
    NCLAB_ASSIGN_OR_RETURN(const Choice dataset,
                           ParseChoice(cell.spec.dataset));
    NCLAB_ASSIGN_OR_RETURN(const Choice model, ParseChoice(cell.spec.model));
    datasets.insert(dataset.name);
    models.insert(model.name);
    NCLAB_ASSIGN_OR_RETURN(const bool matches, Matches(cell, conditions));
    if (!matches) continue;
    const Cell* parent =
        cell.parent.empty() ? nullptr : by_name.at(cell.parent);
    if (parent != nullptr &&
        std::find(chosen.begin(), chosen.end(), parent) == chosen.end()) {
      chosen.push_back(parent);
    }
    if (std::find(chosen.begin(), chosen.end(), &cell) == chosen.end()) {
      chosen.push_back(&cell);
    }
  }
  if (chosen.empty()) {
    return absl::NotFoundError(absl::StrCat(
        "No cell matches --only='", only, "'. There are dataset=",
        absl::StrJoin(datasets, "|"), " and model=", absl::StrJoin(models, "|"),
        ". The cells: cell=", absl::StrJoin(known, ", "), "."));
  }
  return chosen;
}

// Whether `key` is a parameter of a choice, as model.stem, and the preset chose
// another model than the paper's.
bool IsOfAnother(const std::string& key, const RunSpec& paper,
                 const RunSpec& now) {
  const size_t dot = key.find('.');
  if (dot == std::string::npos) return false;
  const Field* field = FindField(key.substr(0, dot));
  return field != nullptr && ChoiceName(FieldText(*field, paper)) !=
                                 ChoiceName(FieldText(*field, now));
}

// Refuses an override of what the reading sets in one of `cells`: a field, or a
// choice that one of its parameters belongs to.
absl::Status CheckOverrides(const Reading& reading,
                            const std::vector<const Cell*>& cells,
                            const PlanChoices& choices) {
  for (const Rule& rule : reading.rules) {
    if (std::none_of(cells.begin(), cells.end(), [&](const Cell* cell) {
          return IsAt(*cell, rule.where);
        })) {
      continue;
    }
    for (const auto& [field, value] : rule.set) {
      for (const auto& [key, wanted] : choices.overrides) {
        if (key != field && !absl::StartsWith(field, key + ".") &&
            !absl::StartsWith(key, field + ".")) {
          continue;
        }
        return absl::InvalidArgumentError(absl::StrCat(
            "The reading ", reading.name, " sets ", field, "=", value, ", so ",
            key, "=", wanted, " would contradict it. Leave one of ",
            "them out: --reading=text changes nothing."));
      }
    }
  }
  return absl::OkStatus();
}

// The cell's spec after preset, reading and overrides, without its seed and
// parent.
absl::StatusOr<RunSpec> Configure(const Cell& cell, const Preset& preset,
                                  const Reading& reading,
                                  const PlanChoices& choices) {
  RunSpec spec = cell.spec;
  for (const auto& [key, value] : preset.set) {
    NCLAB_RETURN_IF_ERROR(SetField(spec, key, value));
  }
  const auto apply = [&](const std::vector<Rule>& rules,
                         bool reading) -> absl::Status {
    for (const Rule& rule : rules) {
      if (!IsAt(cell, rule.where)) continue;
      for (const auto& [key, value] : rule.set) {
        // A reading speaks of the paper's own choices.
        if (reading && IsOfAnother(key, cell.spec, spec)) continue;
        NCLAB_RETURN_IF_ERROR(SetField(spec, key, Fill(value, cell.at)));
      }
    }
    return absl::OkStatus();
  };
  NCLAB_RETURN_IF_ERROR(apply(preset.rules, false));
  NCLAB_RETURN_IF_ERROR(apply(reading.rules, true));
  const std::string metric = ConventionOf(reading, cell).metric;
  if (!metric.empty() && !spec.metrics.empty() &&
      std::find(spec.metrics.begin(), spec.metrics.end(), metric) ==
          spec.metrics.end()) {
    spec.metrics.push_back(metric);
  }
  for (const auto& [key, value] : choices.overrides) {
    NCLAB_RETURN_IF_ERROR(SetField(spec, key, value));
  }
  return spec;
}

}  // namespace

absl::StatusOr<std::vector<PlanRun>> MakePlan(const Experiment& experiment,
                                              const PlanChoices& choices,
                                              const Canonicalizer& canonical) {
  NCLAB_RETURN_IF_ERROR(CheckExperiment(experiment));
  static const Preset* const none = new Preset{.seeds = {0}};
  const Preset* preset =
      experiment.presets.empty() && choices.preset.empty() ? none : nullptr;
  std::vector<std::string> presets;
  for (const Preset& candidate : experiment.presets) {
    presets.push_back(candidate.name);
    if (candidate.name == choices.preset) preset = &candidate;
  }
  if (preset == nullptr) {
    presets.push_back("auto");
    return UnknownNameError("preset", choices.preset, presets);
  }
  NCLAB_ASSIGN_OR_RETURN(const Reading reading,
                         FindReading(experiment, choices.reading));
  std::set<std::string> keys;
  for (const auto& [key, value] : choices.overrides) {
    if (!keys.insert(key).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", key, "' is set twice. Set it once."));
    }
    const std::string parameter = key + ".";
    if (std::any_of(keys.begin(), keys.end(), [&](const std::string& before) {
          return absl::StartsWith(before, parameter);
        })) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", key, "' is set after a parameter of it, which ",
                       "that would undo. Set it first."));
    }
    if (key == "seed") {
      return absl::InvalidArgumentError(
          "'seed' is not set here; use --seeds=0,1,2.");
    }
  }
  std::set<int64_t> seeds;
  for (const int64_t seed : choices.seeds) {
    if (!seeds.insert(seed).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("Seed ", seed, " is named twice. Name it once."));
    }
  }
  NCLAB_ASSIGN_OR_RETURN(const std::vector<const Cell*> cells,
                         ChooseCells(experiment, *preset, choices.only));
  NCLAB_RETURN_IF_ERROR(CheckOverrides(reading, cells, choices));
  std::map<std::string, RunSpec> specs;
  for (const Cell* cell : cells) {
    NCLAB_ASSIGN_OR_RETURN(specs[cell->name],
                           Configure(*cell, *preset, reading, choices));
  }
  // A cell keeps the checkpoints of all its children, chosen or not, so that it
  // is the same run whatever --only says.
  for (const Cell& cell : experiment.cells) {
    const auto parent = specs.find(cell.parent);
    if (parent == specs.end()) continue;
    const int64_t step = std::max<int64_t>(
        1, std::llround(cell.parent_at *
                        static_cast<double>(parent->second.steps)));
    parent->second.save_steps.push_back(step);
    const auto child = specs.find(cell.name);
    if (child != specs.end()) child->second.init_step = step;
  }
  std::vector<PlanRun> runs;
  for (const Cell* cell : cells) {
    RunSpec spec = specs.at(cell->name);
    for (const int64_t seed :
         choices.seeds.empty() ? preset->seeds : choices.seeds) {
      spec.seed = seed;
      if (!cell->parent.empty()) {
        RunSpec parent = specs.at(cell->parent);
        parent.seed = seed;
        NCLAB_ASSIGN_OR_RETURN(parent, canonical(parent));
        spec.init_from = ToJson(parent);
      }
      NCLAB_ASSIGN_OR_RETURN(RunSpec bound, canonical(spec));
      runs.push_back({cell->name, std::move(bound)});
    }
  }
  // Cells that are one run are asked for together.
  std::map<std::string, Measurement> asked;
  for (const PlanRun& run : runs) {
    const auto [it, first] = asked.emplace(RunName(run.spec), run.spec);
    if (!first) it->second = Union(it->second, run.spec);
  }
  for (PlanRun& run : runs) {
    static_cast<Measurement&>(run.spec) = asked.at(RunName(run.spec));
  }
  return runs;
}

}  // namespace nclab
