#include "experiments/report/page/page_tables.h"

#include <algorithm>
#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/page/html.h"
#include "experiments/report/page/verdicts.h"
#include "experiments/spec/fields.h"
#include "nlohmann/json.hpp"
#include "tools/base/registry/choice_name.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// More rows than these are folded away.
constexpr size_t kMostRows = 20;

std::string RangeText(const std::optional<Range>& range) {
  return range ? absl::StrFormat("%g to %g", range->first, range->second) : "";
}

// Of one run at one of its ends.
std::optional<double> At(const RunFacts& run, bool last,
                         const Quantity& quantity) {
  const auto range = StepRange(run.rows);
  if (!range) return std::nullopt;
  return FindValue(run.rows, last ? range->second : range->first, quantity,
                   quantity.layers);
}

// Over the seeds that have the number.
std::string Over(const std::vector<const RunFacts*>& runs, bool last,
                 const Quantity& quantity, bool error = false) {
  std::vector<double> values;
  for (const RunFacts* run : runs) {
    if (const auto value = At(*run, last, quantity)) {
      values.push_back(error ? 1 - *value : *value);
    }
  }
  return MeanAndDeviation(values);
}

// "first → last".
std::string FirstToLast(const std::vector<const RunFacts*>& runs,
                        const Quantity& quantity) {
  const std::string first = Over(runs, false, quantity);
  const std::string last = Over(runs, true, quantity);
  return last.empty() ? "" : absl::StrCat(first, " &rarr; ", last);
}

// The columns of a table of ends, for one run or for the seeds of a cell.
std::vector<std::string> Ends(const std::vector<const RunFacts*>& runs) {
  Quantity train_own = TrainVariance(), test_own = StrongTestVariance();
  train_own.anchor = test_own.anchor = "own";
  return {Over(runs, true, {"loss", "train", "", ""}),
          Over(runs, true, {"accuracy", "train", "", ""}, /*error=*/true),
          Over(runs, true, {"accuracy", "test", "", ""}),
          FirstToLast(runs, TrainVariance()),
          FirstToLast(runs, train_own),
          FirstToLast(runs, StrongTestVariance()),
          FirstToLast(runs, test_own),
          Over(runs, true, WeakTestVariance())};
}

std::vector<std::string> EndHeadings(const std::string& second) {
  return {"Cell",
          second,
          "Steps",
          "Train loss",
          "Train error",
          "Test accuracy",
          "TrainVariance, means at T",
          "own means",
          "StrongTestVariance, means at T",
          "own means",
          "WeakTestVariance"};
}

}  // namespace

std::string SeriesTable(const PageInput& input, const Panel& panel) {
  const bool curves = panel.marks.empty();
  Table table({curves ? "Curve" : "Point", curves ? "First step" : "x",
               curves ? "Last step" : "y"});
  std::vector<std::string> series;
  std::map<std::string, std::map<int64_t, std::vector<const Point*>>> by_seed;
  for (const Point& point : input.points) {
    if (point.panel != panel.id) continue;
    std::string name = point.series;
    if (!panel.x_names.empty()) {
      absl::StrAppend(&name, name.empty() ? "" : ", ",
                      panel.x_names.at(static_cast<size_t>(point.x)));
    }
    if (by_seed.count(name) == 0) series.push_back(name);
    by_seed[name][point.seed].push_back(&point);
  }
  if (series.empty()) return "";
  for (const std::string& name : series) {
    std::vector<double> first, last;
    for (const auto& [seed, points] : by_seed[name]) {
      const Point& end = *points.back();
      if (panel.x_names.empty()) {
        first.push_back(curves ? points.front()->y : end.x);
      }
      last.push_back(end.y);
    }
    table.AddRow(
        {Escape(name), MeanAndDeviation(first), MeanAndDeviation(last)});
  }
  if (panel.paper_range) {
    const std::string x = RangeText(panel.paper_x_range);
    table.AddRow({"The paper's axis", x, RangeText(panel.paper_range)});
  }
  return table.Html();
}

std::string ReadingsTable(const PageInput& input) {
  std::set<std::string> readings;
  for (const AxesRow& row : input.readings) readings.insert(row.reading);
  if (readings.size() < 2) return "";
  Table table({"Panel", "Reading", "Preset", "Runs", "Seeds",
               "Powers of ten from the axes", "Verdict"});
  for (const Panel& panel : input.experiment.panels) {
    bool first = true;
    for (const AxesRow& row : input.readings) {
      if (row.panel != panel.id) continue;
      const Judgement& j = row.judgement;
      table.AddRow({first ? Code(panel.id) : "", Escape(row.reading),
                    Escape(row.preset), Escape(row.where),
                    absl::StrCat(j.per_seed.size()),
                    j.value ? Number(*j.value) : "", VerdictSpan(j.verdict)});
      first = false;
    }
  }
  return table.Html();
}

std::string CellsTable(const PageInput& input) {
  std::vector<std::string> cells;
  std::map<std::string, std::vector<const RunFacts*>> by_cell;
  for (const RunFacts& run : input.runs) {
    if (by_cell.count(run.run.cell) == 0) cells.push_back(run.run.cell);
    by_cell[run.run.cell].push_back(&run);
  }
  Table over_seeds(EndHeadings("Seeds"));
  Table each(EndHeadings("Seed"));
  for (const std::string& cell : cells) {
    std::vector<const RunFacts*> finished;
    std::string problems;
    for (const RunFacts* run : by_cell[cell]) {
      const std::string seed = absl::StrCat(run->run.seed);
      if (!run->problem.empty()) {
        absl::StrAppend(&problems, problems.empty() ? "" : "; ", "seed ", seed,
                        ": ", run->problem);
        each.AddWideRow(Escape(cell),
                        absl::StrCat(seed, ": ", Escape(run->problem)));
        continue;
      }
      finished.push_back(run);
      std::vector<std::string> row = {
          Escape(cell), seed, absl::StrCat(StepRange(run->rows)->second)};
      for (std::string& end : Ends({run})) row.push_back(std::move(end));
      each.AddRow(row);
    }
    if (finished.empty()) {
      over_seeds.AddWideRow(Escape(cell), Escape(problems));
      continue;
    }
    std::set<int64_t> steps;
    for (const RunFacts* run : finished) {
      steps.insert(StepRange(run->rows)->second);
    }
    std::vector<std::string> row = {
        Escape(cell) +
            (problems.empty() ? "" : "<br>" + Muted(Escape(problems))),
        absl::StrCat(finished.size()),
        steps.size() == 1
            ? absl::StrCat(*steps.begin())
            : absl::StrCat(*steps.begin(), " to ", *steps.rbegin())};
    for (std::string& end : Ends(finished)) row.push_back(std::move(end));
    over_seeds.AddRow(row);
  }
  const std::string note =
      "<p class=\"muted\">Mean and standard deviation over the seeds, at the "
      "last step T; of the variances the first step &rarr; the last, of the "
      "layer <code>features</code>. Means at T is the paper's convention, own "
      "means (of the same step) everyone else's; at T they agree.</p>\n";
  return absl::StrCat(
      cells.size() > kMostRows
          ? Folded(absl::StrCat(cells.size(), " cells"), over_seeds.Html())
          : over_seeds.Html(),
      note, Folded("Every run", each.Html()));
}

std::string SettingsTable(const PageInput& input) {
  struct Row {
    std::string cell, where;
    const RunSpec* spec;
  };
  std::vector<Row> rows;
  std::string specs;
  std::set<std::string> shown;
  const bool as_paper =
      input.request.preset == "paper" && input.request.overrides.empty();
  for (const RunFacts& run : input.runs) {
    if (run.spec.empty() || !shown.insert(run.run.cell).second) continue;
    absl::StrAppend(&specs, "<p>", Escape(run.run.cell), "</p><pre>",
                    Escape(run.spec), "</pre>\n");
    rows.push_back({Escape(run.run.cell), "here", &run.shown});
    for (const Cell& cell : input.experiment.cells) {
      if (cell.name == run.run.cell && !as_paper) {
        rows.push_back({"", "paper", &cell.spec});
      }
    }
  }
  // What all have in common is said once.
  std::vector<std::string> header = {"Cell", ""};
  std::vector<const Field*> columns;
  std::string common;
  for (const Field& field : Fields()) {
    if (field.of != FieldOf::kRecipe || field.noun == "run" ||
        field.param.name == "seed" || rows.empty()) {
      continue;
    }
    const std::string first = FieldText(field, *rows[0].spec);
    const bool same = std::all_of(
        rows.begin(), rows.end(),
        [&](const Row& row) { return FieldText(field, *row.spec) == first; });
    if (same) {
      absl::StrAppend(&common, common.empty() ? "All: " : ", ",
                      Code(absl::StrCat(field.param.name, "=", first)));
    } else {
      header.push_back(field.param.name);
      columns.push_back(&field);
    }
  }
  Table table(header);
  for (const Row& row : rows) {
    std::vector<std::string> words = {row.cell, row.where};
    for (const Field* field : columns) {
      const std::string text = FieldText(*field, *row.spec);
      words.push_back(field->is_choice() ? Code(text) : Escape(text));
    }
    table.AddRow(words);
  }
  return absl::StrCat(
      "<p>", common, "</p>\n",
      columns.empty()
          ? ""
          : Folded(absl::StrCat(shown.size(),
                                shown.size() == 1 ? " cell" : " cells"),
                   table.Html()),
      Folded("Every spec (the first seed's)", specs));
}

std::string ProvenanceTable(const PageInput& input) {
  Table table({"Run", "Commit", "LibTorch", "Device", "Threads", "Steps/s",
               "Finished"});
  for (const RunFacts& run : input.runs) {
    const Json m = Json::parse(run.manifest, nullptr, false);
    const auto text = [&](const char* key) -> std::string {
      if (!m.is_object() || !m.contains(key) || m[key].is_null()) return "";
      if (m[key].is_string()) return Escape(m[key].get<std::string>());
      if (m[key].is_number_float()) return Number(m[key].get<double>());
      return m[key].dump();
    };
    table.AddRow({Code(run.run.directory), Code(text("commit").substr(0, 12)),
                  text("libtorch"),
                  absl::StrCat(text("device"), ", ",
                               text(text("gpu").empty() ? "processor" : "gpu")),
                  text("threads"), text("steps_per_second"), text("finished")});
  }
  return input.runs.size() > kMostRows
             ? Folded(absl::StrCat(input.runs.size(), " runs"), table.Html())
             : table.Html();
}

std::vector<std::string> Deviations(const PageInput& input) {
  std::vector<std::string> deviations = input.experiment.deviations;
  for (const std::string& departure : input.reading.departures) {
    deviations.push_back(
        absl::StrCat("Reading ", input.reading.name, ": ", departure));
  }
  std::set<int64_t> seeds;
  for (const RunFacts& run : input.runs) seeds.insert(run.run.seed);
  for (const Preset& preset : input.experiment.presets) {
    if (preset.name != input.request.preset) continue;
    if (preset.name != "paper") {
      deviations.push_back(
          absl::StrCat("Preset ", preset.name, ": ", preset.summary, "."));
    }
    if (seeds.size() < preset.seeds.size()) {
      deviations.push_back(absl::StrCat("Seeds: ", seeds.size(),
                                        " of the preset's ",
                                        preset.seeds.size(), "."));
    }
  }
  for (const auto& [key, value] : input.request.overrides) {
    deviations.push_back(absl::StrCat("Set by hand: ", key, " = ", value, "."));
  }
  if (!input.request.only.empty()) {
    deviations.push_back("Only some of the cells were asked for.");
  }
  std::set<std::string> datasets;
  for (const RunFacts& run : input.runs) {
    if (run.official) continue;
    const absl::StatusOr<RunSpec> spec = RunSpecFromJson(run.spec);
    datasets.insert(spec.ok() ? ChoiceName(spec->dataset) : run.run.directory);
  }
  for (const std::string& dataset : datasets) {
    deviations.push_back(absl::StrCat("The data of ", dataset,
                                      " are not the official files (their "
                                      "sums differ)."));
  }
  return deviations;
}

}  // namespace nclab
