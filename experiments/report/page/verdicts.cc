#include "experiments/report/page/verdicts.h"

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/page/html.h"

namespace nclab {

std::string VerdictSpan(Verdict verdict, const std::string& before) {
  const auto style = [&] {
    switch (verdict) {
      case Verdict::kReproduced:
        return "yes";
      case Verdict::kTrendOnly:
        return "trend";
      case Verdict::kNotReproduced:
        return "no";
      case Verdict::kNotComparable:
        return "apart";
      case Verdict::kNotRun:
        return "none";
    }
    return "";
  };
  return absl::StrCat("<span class=\"verdict ", style(), "\">", before,
                      VerdictName(verdict), "</span>");
}

namespace {

// "Mean effect 0.63 (rank correlation), 95 % -0.02 to 1; seed 0: 0.7, ..."
std::string Evidence(const Judgement& j) {
  std::vector<std::string> parts;
  if (j.value) {
    std::string effect =
        absl::StrCat("Effect ", Number(*j.value), " (", Escape(j.effect), ")");
    if (j.interval) {
      absl::StrAppend(&effect, ", 95&nbsp;% ", Number(j.interval->first),
                      "&nbsp;to&nbsp;", Number(j.interval->second));
    }
    parts.push_back(effect);
  }
  std::vector<std::string> seeds;
  for (const auto& [seed, value] : j.per_seed) {
    seeds.push_back(absl::StrCat(seed, ":&nbsp;", Number(value)));
  }
  if (seeds.size() > 1) {
    parts.push_back("per seed " + absl::StrJoin(seeds, ", "));
  }
  if (j.p_value) {
    parts.push_back(absl::StrFormat("p = %.3g, %s", *j.p_value, j.method));
  }
  constexpr size_t kLong = 160;  // runs that are named one by one
  if (j.why.size() <= kLong) parts.push_back(Escape(j.why));
  const std::string all = absl::StrJoin(parts, "; ");
  return absl::StrCat(all, all.empty() ? "" : ".",
                      j.why.size() > kLong
                          ? Folded(Escape(j.why.substr(0, j.why.find(';'))),
                                   Escape(j.why) + ".")
                          : "");
}

// The claims of a table by their ids.
std::map<std::string, const Claim*> Placed(const Experiment& experiment) {
  std::map<std::string, const Claim*> placed;
  for (const Claim& claim : experiment.claims) {
    if (!claim.row.empty()) placed[claim.id] = &claim;
  }
  return placed;
}

// Rows and columns in the order of their claims.
std::string PlacedTable(const PageInput& input) {
  const auto placed = Placed(input.experiment);
  std::vector<std::string> rows, columns = {""};
  std::map<std::pair<std::string, std::string>, std::string> cells;
  const auto add = [](std::vector<std::string>& names, const std::string& one) {
    if (std::find(names.begin(), names.end(), one) == names.end()) {
      names.push_back(one);
    }
  };
  for (const Judgement& j : input.judgements) {
    const auto claim = placed.find(j.id);
    if (claim == placed.end()) continue;
    const std::string& row = claim->second->row;
    const std::string& column = claim->second->column;
    add(rows, row);
    add(columns, column);
    cells[{row, column}] = absl::StrCat(VerdictSpan(j.verdict), "<br>",
                                        j.value ? Muted(Number(*j.value)) : "");
  }
  if (rows.empty()) return "";
  std::vector<std::string> headings;
  for (const std::string& column : columns) headings.push_back(Escape(column));
  Table table(headings);
  for (const std::string& row : rows) {
    std::vector<std::string> line = {Escape(row)};
    for (size_t i = 1; i < columns.size(); ++i) {
      line.push_back(cells[{row, columns[i]}]);
    }
    table.AddRow(line);
  }
  return table.Html();
}

}  // namespace

std::string Claims(const PageInput& input) {
  const auto placed = Placed(input.experiment);
  std::string judged, of_table, not_run;
  size_t missing = 0;
  for (const Judgement& j : input.judgements) {
    const bool ran = j.verdict != Verdict::kNotRun;
    missing += ran ? 0 : 1;
    std::string& list = !ran                      ? not_run
                        : placed.count(j.id) == 1 ? of_table
                                                  : judged;
    absl::StrAppend(&list, "<li>", VerdictSpan(j.verdict), " ", Escape(j.text),
                    "<div class=\"muted\">", Evidence(j), "</div></li>\n");
  }
  const auto list = [](const std::string& items) {
    return absl::StrCat("<ul class=\"claims\">\n", items, "</ul>\n");
  };
  return absl::StrCat(
      PlacedTable(input), judged.empty() ? "" : list(judged),
      of_table.empty() ? "" : Folded("The table's claims", list(of_table)),
      missing == 0 ? ""
                   : Folded(absl::StrCat(missing, " not run"), list(not_run)));
}

}  // namespace nclab
