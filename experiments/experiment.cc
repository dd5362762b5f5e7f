#include "experiments/experiment.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "experiments/axes.h"
#include "experiments/product.h"
#include "experiments/spec/fields.h"
#include "tools/base/errors.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Names of things of one kind; each is named once.
class Names {
 public:
  explicit Names(std::string kind) : kind_(std::move(kind)) {}

  absl::Status Add(const std::string& name) {
    if (name.empty()) {
      return absl::InvalidArgumentError(
          absl::StrCat("a ", kind_, " has no name"));
    }
    if (!names_.insert(name).second) {
      return absl::InvalidArgumentError(
          absl::StrCat("there are two ", kind_, "s '", name, "'"));
    }
    return absl::OkStatus();
  }

  // `where`: what names it.
  absl::Status Find(const std::string& where, const std::string& name) const {
    if (names_.count(name) > 0) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat(
        where, ": ",
        UnknownNameError(kind_, name, {names_.begin(), names_.end()})
            .message()));
  }

 private:
  std::string kind_;
  std::set<std::string> names_;
};

absl::Status CheckCells(const Experiment& experiment, const Names& cells) {
  Names parents("cell that starts from new weights");
  for (const Cell& cell : experiment.cells) {
    if (!cell.parent.empty()) continue;
    NCLAB_RETURN_IF_ERROR(parents.Add(cell.name));
  }
  for (const Cell& cell : experiment.cells) {
    if (cell.parent.empty()) continue;
    const std::string where = absl::StrCat("cell '", cell.name, "', parent");
    NCLAB_RETURN_IF_ERROR(cells.Find(where, cell.parent));
    NCLAB_RETURN_IF_ERROR(parents.Find(where, cell.parent));
    if (cell.parent_at > 0 && cell.parent_at <= 1) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("cell '", cell.name, "': parent_at is ", cell.parent_at,
                     "; expected a share of the parent's steps, above 0"));
  }
  return absl::OkStatus();
}

absl::Status CheckSettings(const std::string& where, const Settings& set,
                           const Words& at = {}) {
  RunSpec scratch;
  for (const auto& [key, value] : set) {
    const std::string filled = Fill(value, at);
    if (absl::StrContains(filled, '{')) {
      return absl::InvalidArgumentError(absl::StrCat(
          where, ": ", key, "=", filled, " names an axis that its cells lack"));
    }
    if (const absl::Status one = SetField(scratch, key, filled); !one.ok()) {
      return absl::InvalidArgumentError(
          absl::StrCat(where, ": ", one.message()));
    }
  }
  return absl::OkStatus();
}

// Every rule has cells, and its settings are known ones for each.
absl::Status CheckRules(const std::string& where,
                        const std::vector<Rule>& rules,
                        const Experiment& experiment, const Names& cells) {
  for (const Rule& rule : rules) {
    std::vector<std::string> conditions;
    for (const auto& [axis, values] : rule.where) {
      conditions.push_back(absl::StrCat(axis, "=", values));
      if (axis != "cell") continue;
      for (const absl::string_view cell : absl::StrSplit(values, '|')) {
        NCLAB_RETURN_IF_ERROR(cells.Find(where, std::string(cell)));
      }
    }
    const std::string here = absl::StrCat(where, ", rule for '",
                                          absl::StrJoin(conditions, ","), "'");
    bool any = false;
    for (const Cell& cell : experiment.cells) {
      if (!IsAt(cell, rule.where)) continue;
      any = true;
      NCLAB_RETURN_IF_ERROR(CheckSettings(here, rule.set, cell.at));
    }
    if (!any) return absl::InvalidArgumentError(here + " matches no cell");
  }
  return absl::OkStatus();
}

absl::Status CheckPresets(const Experiment& experiment, const Names& cells) {
  Names presets("preset");
  for (const Preset& preset : experiment.presets) {
    NCLAB_RETURN_IF_ERROR(presets.Add(preset.name));
    const std::string where = absl::StrCat("preset '", preset.name, "'");
    if (preset.seeds.empty()) {
      return absl::InvalidArgumentError(absl::StrCat(where, " has no seeds"));
    }
    NCLAB_RETURN_IF_ERROR(CheckSettings(where + ", set", preset.set));
    NCLAB_RETURN_IF_ERROR(CheckRules(where, preset.rules, experiment, cells));
  }
  if (experiment.presets.empty()) return absl::OkStatus();  // a sweep
  for (const char* name : {"paper", "small", "smoke"}) {
    NCLAB_RETURN_IF_ERROR(presets.Find("presets", name));
  }
  return absl::OkStatus();
}

absl::Status CheckReadings(const Experiment& experiment, const Names& cells) {
  Names readings("reading");
  NCLAB_RETURN_IF_ERROR(readings.Add("text"));
  for (const Reading& reading : experiment.readings) {
    NCLAB_RETURN_IF_ERROR(readings.Add(reading.name));
    const std::string where = absl::StrCat("reading '", reading.name, "'");
    NCLAB_RETURN_IF_ERROR(CheckRules(where, reading.rules, experiment, cells));
    for (const Rule& rule : reading.rules) {
      if (rule.leave_out) {
        return absl::InvalidArgumentError(
            where + " leaves cells out, which is for a preset to do");
      }
    }
    if (reading.departures.empty()) {
      return absl::InvalidArgumentError(where +
                                        " names no departure from the text");
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNumber(const std::string& where,
                         const std::vector<std::string>& used,
                         const Names& cells) {
  for (const std::string& cell : used) {
    NCLAB_RETURN_IF_ERROR(cells.Find(where, cell));
  }
  return absl::OkStatus();
}

absl::Status CheckPanels(const Experiment& experiment, const Names& cells) {
  Names panels("panel");
  for (const Panel& panel : experiment.panels) {
    NCLAB_RETURN_IF_ERROR(panels.Add(panel.id));
    const std::string where = absl::StrCat("panel '", panel.id, "'");
    for (const Curves& curves : panel.curves) {
      NCLAB_RETURN_IF_ERROR(cells.Find(where, curves.cell));
      NCLAB_RETURN_IF_ERROR(CheckNumber(where, curves.y.cells(), cells));
    }
    for (const Mark& mark : panel.marks) {
      NCLAB_RETURN_IF_ERROR(CheckNumber(where, mark.x.cells(), cells));
      NCLAB_RETURN_IF_ERROR(CheckNumber(where, mark.y.cells(), cells));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckClaims(const Experiment& experiment, const Names& cells) {
  Names claims("claim");
  for (const Claim& claim : experiment.claims) {
    NCLAB_RETURN_IF_ERROR(claims.Add(claim.id));
    const std::string where = absl::StrCat("claim '", claim.id, "'");
    if (claim.statistic.cells().empty()) {
      return absl::InvalidArgumentError(
          where + " names no cells that its statistic looks at");
    }
    NCLAB_RETURN_IF_ERROR(CheckNumber(where, claim.statistic.cells(), cells));
  }
  return absl::OkStatus();
}

}  // namespace

Curves::Curves(const std::string& cell, const Quantity& quantity,
               const std::string& label)
    : Curves(cell,
             PerLayer(cell, quantity.layers,
                      [=](const std::string& layer) {
                        Quantity one = quantity;
                        one.layers = layer;
                        return At(cell, one, Now());
                      }),
             label) {}

void AddNamed(Panel& panel, const std::string& label, const std::string& name,
              Number y) {
  std::vector<std::string>& names = panel.x_names;
  const auto at = std::find(names.begin(), names.end(), name) - names.begin();
  if (at == static_cast<std::ptrdiff_t>(names.size())) names.push_back(name);
  panel.marks.push_back({label, static_cast<double>(at), std::move(y)});
}

Needs TrainedTo(std::optional<double> loss, std::optional<double> error) {
  Needs needs;
  if (loss) {
    needs.push_back({[](const std::string& cell) {
                       return At(cell, {"loss", "train", "", ""});
                     },
                     *loss, "loss",
                     absl::StrFormat("a train loss of at most %g", *loss)});
  }
  if (error) {
    needs.push_back({[](const std::string& cell) {
                       return 1 - At(cell, {"accuracy", "train", "", ""});
                     },
                     *error, "error",
                     absl::StrFormat("a train error of at most %g", *error)});
  }
  return needs;
}

absl::Status CheckExperiment(const Experiment& experiment) {
  Names cells("cell");
  for (const Cell& cell : experiment.cells) {
    NCLAB_RETURN_IF_ERROR(cells.Add(cell.name));
  }
  NCLAB_RETURN_IF_ERROR(CheckCells(experiment, cells));
  NCLAB_RETURN_IF_ERROR(CheckPresets(experiment, cells));
  NCLAB_RETURN_IF_ERROR(CheckReadings(experiment, cells));
  NCLAB_RETURN_IF_ERROR(CheckPanels(experiment, cells));
  return CheckClaims(experiment, cells);
}

ExperimentRegistry& Experiments() {
  static auto* const registry = new ExperimentRegistry("experiment");
  return *registry;
}

bool RegisterExperiment(ExperimentInfo info, ExperimentFactory factory,
                        const char* file, int line) {
  const std::string name = info.name;
  const ExperimentFactory naming = NamingWhatItThrows(
      absl::StrCat("experiment '", name, "'"), std::move(factory));
  const auto checked = [=] {
    Experiment experiment = naming();
    for (const Panel& panel : experiment.panels) {
      const bool claimed = std::any_of(
          experiment.claims.begin(), experiment.claims.end(),
          [&](const Claim& one) { return one.id == AxesClaimId(panel); });
      if (panel.paper_range && !claimed) {
        experiment.claims.push_back(OnAxes(panel));
      }
    }
    if (const absl::Status whole = CheckExperiment(experiment); !whole.ok()) {
      std::fprintf(stderr, "nclab: experiment '%s' (%s:%d): %s\n", name.c_str(),
                   file, line, std::string(whole.message()).c_str());
      std::abort();
    }
    return experiment;
  };
  Experiments().Register(std::move(info), checked, file, line);
  return true;
}

}  // namespace nclab
