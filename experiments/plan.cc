#include "experiments/plan.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "tools/base/choice.h"
#include "tools/base/errors.h"
#include "tools/base/numbers.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Whether a cell is one that --only asks for. Keys are cell, dataset and
// model; datasets and models match by name, whatever their parameters.
absl::StatusOr<bool> Matches(const Cell& cell, const std::string& only) {
  for (const std::string& condition : SplitList(only)) {
    const size_t equals = condition.find('=');
    const std::string key = condition.substr(0, equals);
    if (equals == std::string::npos ||
        (key != "cell" && key != "dataset" && key != "model")) {
      return absl::InvalidArgumentError(
          absl::StrCat("--only has '", condition,
                       "'; expected cell=NAME, dataset=NAME or model=NAME."));
    }
    const std::string value = condition.substr(equals + 1);
    std::string actual = cell.name;
    if (key != "cell") {
      NCLAB_ASSIGN_OR_RETURN(
          const Choice choice,
          ParseChoice(key == "dataset" ? cell.spec.dataset : cell.spec.model));
      actual = choice.name;
    }
    if (actual != value) return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<std::vector<PlanRun>> MakePlan(const Experiment& experiment,
                                              const PlanChoices& choices) {
  const Preset* preset = nullptr;
  std::vector<std::string> presets;
  for (const Preset& candidate : experiment.presets) {
    presets.push_back(candidate.name);
    if (candidate.name == choices.preset) preset = &candidate;
  }
  if (preset == nullptr) {
    presets.push_back("auto");
    return UnknownNameError("preset", choices.preset, presets);
  }
  std::set<std::string> keys;
  for (const auto& [key, value] : choices.overrides) {
    if (!keys.insert(key).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", key, "' is set twice. Set it once."));
    }
    if (key == "seed") {
      return absl::InvalidArgumentError(
          "'seed' is not set here; use --seeds=0,1,2.");
    }
  }
  std::vector<PlanRun> runs;
  std::string cells;
  for (const Cell& cell : experiment.cells) {
    absl::StrAppend(&cells, cells.empty() ? "" : "; ", "cell=", cell.name,
                    " (dataset ", cell.spec.dataset, ", model ",
                    cell.spec.model, ")");
    NCLAB_ASSIGN_OR_RETURN(const bool matches, Matches(cell, choices.only));
    if (!matches) continue;
    RunSpec spec = cell.spec;
    for (const auto& [key, value] : preset->set) {
      NCLAB_RETURN_IF_ERROR(SetField(spec, key, value));
    }
    for (const auto& [key, value] : choices.overrides) {
      NCLAB_RETURN_IF_ERROR(SetField(spec, key, value));
    }
    for (const int64_t seed :
         choices.seeds.empty() ? preset->seeds : choices.seeds) {
      spec.seed = seed;
      NCLAB_ASSIGN_OR_RETURN(RunSpec canonical, Canonical(spec));
      runs.push_back({cell.name, std::move(canonical)});
    }
  }
  if (runs.empty()) {
    return absl::NotFoundError(absl::StrCat("No cell matches --only='",
                                            choices.only,
                                            "'. The cells: ", cells, "."));
  }
  return runs;
}

}  // namespace nclab
