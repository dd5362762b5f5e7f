#include "experiments/cli/flags/plan_output.h"

#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "experiments/spec/fields.h"
#include "nlohmann/json.hpp"
#include "tools/base/registry/choice_name.h"
#include "tools/base/text/json.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

std::string Describe(double seconds) {
  return DescribeDuration(absl::Seconds(seconds));
}

// 11,181,642
std::string Grouped(int64_t number) {
  std::string digits = absl::StrCat(number);
  for (int64_t i = static_cast<int64_t>(digits.size()) - 3; i > 0; i -= 3) {
    digits.insert(static_cast<size_t>(i), 1, ',');
  }
  return digits;
}

const RunEstimate* EstimateOf(const PlanFacts& facts, const std::string& run) {
  const auto found = facts.estimate.runs.find(run);
  return found == facts.estimate.runs.end() ? nullptr : &found->second;
}

}  // namespace

std::map<std::string, std::vector<std::string>> SharedRuns(
    const std::string& experiment, const std::vector<PlanRun>& runs,
    const PlanChoices& choices, const Canonicalizer& canonical) {
  std::set<std::string> ours;
  for (const PlanRun& run : runs) ours.insert(RunName(run.spec));
  PlanChoices all = choices;
  all.only.clear();
  std::map<std::string, std::vector<std::string>> shared;
  for (const auto* entry : Experiments().List()) {
    if (entry->info.name == experiment) continue;
    const auto plan = MakePlan(entry->factory(), all, canonical);
    if (!plan.ok()) continue;  // such as a preset that it lacks
    std::set<std::string> theirs;
    for (const PlanRun& run : *plan) theirs.insert(RunName(run.spec));
    for (const std::string& run : theirs) {
      if (ours.count(run) > 0) shared[run].push_back(entry->info.name);
    }
  }
  return shared;
}

std::string PlanText(const PlanFacts& facts) {
  std::string text;
  for (const PlanRun& run : facts.runs) {
    const std::string name = RunName(run.spec);
    const auto shown = facts.shown.find(name);
    absl::StrAppendFormat(
        &text, "%s  cell %s, seed %d\n    %s\n", name, run.cell, run.spec.seed,
        DescribeRecipe(shown == facts.shown.end() ? run.spec : shown->second));
    if (!run.spec.init_from.empty()) {
      absl::StrAppendFormat(&text, "    from step %d of %s\n",
                            run.spec.init_step, ParentRunName(run.spec));
    }
    if (const RunEstimate* estimate = EstimateOf(facts, name)) {
      absl::StrAppendFormat(
          &text, "    %s parameters; %.3g steps/s measured: about %s\n",
          Grouped(estimate->cost.parameters), 1 / estimate->cost.step,
          Describe(estimate->seconds));
    }
    if (facts.estimate.missing.count(ChoiceName(run.spec.dataset)) > 0) {
      absl::StrAppend(&text, "    its data are missing\n");
    }
    const auto finished = facts.finished.find(name);
    if (finished != facts.finished.end()) {
      absl::StrAppend(&text, "    finished already: ", finished->second, "\n");
    }
    const auto shared = facts.shared.find(name);
    if (shared != facts.shared.end()) {
      absl::StrAppend(&text, "    the same run as in ",
                      absl::StrJoin(shared->second, ", "), "\n");
    }
  }
  for (const auto& [dataset, advice] : facts.estimate.missing) {
    absl::StrAppend(&text, dataset, ": ", advice, "\n");
  }
  absl::StrAppend(&text, facts.runs.size(), " runs, ", facts.open, " to do");
  if (facts.estimated) {
    absl::StrAppendFormat(&text,
                          ", %d side by side with %d threads each: about %s",
                          facts.slots.jobs, facts.slots.threads,
                          Describe(facts.estimate.seconds));
    if (!facts.estimate.missing.empty()) {
      absl::StrAppend(&text, " for those whose data are there");
    }
  }
  return text + "\n";
}

std::string PlanJson(const PlanFacts& facts) {
  Json runs = Json::array();
  for (const PlanRun& run : facts.runs) {
    const std::string name = RunName(run.spec);
    const RunEstimate* estimate = EstimateOf(facts, name);
    const auto finished = facts.finished.find(name);
    const auto shared = facts.shared.find(name);
    const auto known = [&](const auto& value) {
      return estimate == nullptr ? Json() : Json(value(*estimate));
    };
    runs.push_back(
        {{"cell", run.cell},
         {"name", name},
         {"seed", run.spec.seed},
         {"steps", run.spec.steps},
         {"parameters",
          known([](const RunEstimate& e) { return e.cost.parameters; })},
         {"steps_per_second",
          known([](const RunEstimate& e) { return 1 / e.cost.step; })},
         {"estimated_seconds",
          known([](const RunEstimate& e) { return e.seconds; })},
         {"finished_in",
          finished == facts.finished.end() ? Json() : Json(finished->second)},
         {"shared_with",
          shared == facts.shared.end() ? Json::array() : Json(shared->second)},
         {"spec", Json::parse(ToJson(run.spec))},
         {"measure", Json::parse(MeasurementToJson(run.spec))}});
  }
  return JsonText(
      Json{{"experiment", facts.experiment},
           {"preset", facts.preset},
           {"jobs", facts.slots.jobs},
           {"threads", facts.slots.threads},
           {"to_do", facts.open},
           {"estimated_seconds",
            facts.estimated ? Json(facts.estimate.seconds) : Json()},
           {"missing", facts.estimate.missing},
           {"runs", runs}});
}

absl::Status MissingData(const Experiment& experiment, const PlanFacts& facts) {
  std::string message =
      absl::StrCat(facts.experiment, " cannot run, since files are missing:");
  for (const auto& [dataset, advice] : facts.estimate.missing) {
    absl::StrAppend(&message, "\n  ", dataset, ": ", advice);
  }
  if (experiment.presets.empty()) return absl::NotFoundError(message);
  // Which cells have what they need: by the dataset's name in the experiment,
  // as --only matches it.
  std::map<std::string, bool> ready;  // cell
  for (const PlanRun& run : facts.runs) {
    ready[run.cell] =
        facts.estimate.missing.count(ChoiceName(run.spec.dataset)) == 0;
  }
  std::map<std::string, bool> whole;  // dataset: all of its planned cells
  size_t cells = 0;
  for (const Cell& cell : experiment.cells) {
    const auto planned = ready.find(cell.name);
    if (planned == ready.end()) continue;
    const auto parent = ready.find(cell.parent);
    const bool can =
        planned->second && (parent == ready.end() || parent->second);
    const std::string dataset = ChoiceName(cell.spec.dataset);
    whole.emplace(dataset, true);
    whole[dataset] = whole[dataset] && can;
    cells += can;
  }
  std::vector<std::string> names;
  for (const auto& [dataset, can] : whole) {
    if (can) names.push_back(dataset);
  }
  if (names.empty()) {
    absl::StrAppend(&message, "\nNo cell can run without them.");
  } else {
    absl::StrAppend(&message, "\n", cells, " of ", ready.size(),
                    " cells can run without them: --only='dataset=",
                    absl::StrJoin(names, "|"), "'");
  }
  return absl::NotFoundError(message);
}

}  // namespace nclab
