#include "experiments/report/facts/readings.h"

#include <algorithm>
#include <filesystem>
#include <set>
#include <system_error>

#include "absl/strings/match.h"
#include "experiments/axes.h"
#include "experiments/product.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

// Whether a reading trains runs of these cells in its own way.
bool Sets(const Reading& reading, const std::vector<const Cell*>& cells) {
  return std::any_of(
      reading.rules.begin(), reading.rules.end(), [&](const Rule& rule) {
        return !rule.set.empty() &&
               std::any_of(cells.begin(), cells.end(), [&](const Cell* cell) {
                 return IsAt(*cell, rule.where);
               });
      });
}

// Under another reading that needs no other runs of this panel; nothing if it
// does, or if these did not measure what it looks at.
std::optional<AxesRow> Otherwise(const Panel& panel, const Reading& reading,
                                 std::map<int64_t, SeedRows> rows,
                                 const PageInput& page) {
  const Claim claim = OnAxes(panel);
  std::vector<const Cell*> cells;
  for (const Cell& cell : page.experiment.cells) {
    const auto& used = claim.statistic.cells();
    if (std::count(used.begin(), used.end(), cell.name) == 0) continue;
    cells.push_back(&cell);
  }
  if (Sets(reading, cells) || Sets(page.reading, cells)) return std::nullopt;
  for (auto& [seed, runs] : rows) {
    for (const Cell* cell : cells) {
      const auto run = runs.find(cell->name);
      if (run == runs.end()) continue;
      run->second.convention = ConventionOf(reading, *cell);
    }
  }
  Judgement judgement = Judge(claim, rows, "");
  if (!judgement.value) return std::nullopt;
  return AxesRow{panel.id, reading.name, page.request.preset, "the same runs",
                 std::move(judgement)};
}

// Of the output `directory`, if it is one of this experiment.
std::vector<AxesRow> Of(const fs::path& directory, const PageInput& page) {
  std::vector<AxesRow> rows;
  const auto record = ReadFile((directory / "experiment.json").string());
  const auto text = ReadFile((directory / "claims.json").string());
  if (!record.ok() || !text.ok()) return rows;
  const auto request = ReportRequestFromJson("", *record);
  if (!request.ok() || request->experiment != page.request.experiment) {
    return rows;
  }
  const Json claims = Json::parse(*text, nullptr, /*allow_exceptions=*/false);
  if (!claims.is_array()) return rows;
  for (const Json& claim : claims) {
    const std::string id = ValueOr(claim, "id", std::string());
    const Verdict verdict = VerdictOf(ValueOr(claim, "verdict", std::string()));
    for (const Panel& panel : page.experiment.panels) {
      if (id != AxesClaimId(panel) || verdict == Verdict::kNotRun) continue;
      AxesRow row = {panel.id,
                     request->reading,
                     request->preset,
                     directory.filename().string(),
                     {}};
      row.judgement.verdict = verdict;
      if (claim.contains("value") && claim["value"].is_number()) {
        row.judgement.value = claim["value"].get<double>();
      }
      if (claim.contains("per_seed") && claim["per_seed"].is_object()) {
        for (const auto& [seed, value] : claim["per_seed"].items()) {
          if (!value.is_number()) continue;
          row.judgement.per_seed[std::atoll(seed.c_str())] =
              value.get<double>();
        }
      }
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

}  // namespace

std::vector<AxesRow> ReadingsBeside(const std::string& out,
                                    const std::map<int64_t, SeedRows>& rows,
                                    const PageInput& page) {
  std::vector<AxesRow> result;
  std::vector<std::string> names = {"text"};
  for (const Reading& reading : page.experiment.readings) {
    names.push_back(reading.name);
  }
  for (const Panel& panel : page.experiment.panels) {
    if (!panel.paper_range) continue;
    // Claims of single marks are readings, too: see levels.
    const std::string id = AxesClaimId(panel), of_mark = id + "_";
    for (const Judgement& judgement : page.judgements) {
      const bool whole = judgement.id == id;
      if ((!whole && !absl::StartsWith(judgement.id, of_mark)) ||
          judgement.verdict == Verdict::kNotRun) {
        continue;
      }
      result.push_back(
          {panel.id,
           whole ? page.request.reading : judgement.id.substr(of_mark.size()),
           page.request.preset, "here", judgement});
    }
    for (const std::string& name : names) {
      if (name == page.request.reading) continue;
      const auto row =
          Otherwise(panel, *FindReading(page.experiment, name), rows, page);
      if (row) result.push_back(*row);
    }
  }
  const fs::path own =
      fs::path(fs::absolute(out).lexically_normal().string() + "/")
          .parent_path();
  std::error_code error;
  std::set<fs::path> beside;
  for (const auto& entry : fs::directory_iterator(own.parent_path(), error)) {
    if (entry.path() != own) beside.insert(entry.path());
  }
  for (const fs::path& directory : beside) {
    for (AxesRow& row : Of(directory, page)) result.push_back(std::move(row));
  }
  return result;
}

}  // namespace nclab
