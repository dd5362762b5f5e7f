#include "experiments/report/report.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "experiments/product.h"
#include "experiments/report/facts/planned.h"
#include "experiments/report/facts/readings.h"
#include "experiments/report/page/page.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// A cell that the preset has and --only left out is missing, not left out: no
// claim is judged by the others alone.
void AddMissingCells(const Experiment& experiment, const std::string& preset,
                     std::map<int64_t, SeedRows>& rows) {
  const auto chosen =
      std::find_if(experiment.presets.begin(), experiment.presets.end(),
                   [&](const Preset& one) { return one.name == preset; });
  for (auto& [seed, cells] : rows) {
    for (const Cell& cell : experiment.cells) {
      const bool left_out =
          chosen != experiment.presets.end() && LeavesOut(*chosen, cell);
      if (!left_out) cells[cell.name];
    }
  }
}

// In what the runs are not the paper's; "" if in nothing.
std::string Departure(const ReportRequest& request,
                      const std::vector<RunFacts>& runs) {
  if (request.preset != "paper" || !request.overrides.empty()) {
    return "not at the paper's settings";
  }
  for (const RunFacts& run : runs) {
    if (!run.official) return "not on the official data files";
  }
  return "";
}

}  // namespace

absl::StatusOr<std::vector<Judgement>> WriteReport(const std::string& out,
                                                   const ReportRequest& request,
                                                   absl::Status* drawing) {
  NCLAB_ASSIGN_OR_RETURN(const auto* entry,
                         Experiments().Find(request.experiment));
  PageInput page;
  page.info = &entry->info;
  page.experiment = entry->factory();
  page.request = request;
  NCLAB_ASSIGN_OR_RETURN(page.runs, ReadRuns(out, request));
  NCLAB_ASSIGN_OR_RETURN(page.reading,
                         FindReading(page.experiment, request.reading));
  NameRuns(page.runs, page.reading, page.experiment);
  std::map<int64_t, SeedRows> rows = RowsOf(page.runs);
  AddMissingCells(page.experiment, request.preset, rows);
  for (auto& [seed, cells] : rows) {
    for (const Cell& cell : page.experiment.cells) {
      const auto run = cells.find(cell.name);
      if (run == cells.end()) continue;
      run->second.convention = ConventionOf(page.reading, cell);
    }
  }
  const std::string departure = Departure(request, page.runs);
  for (const Claim& claim : page.experiment.claims) {
    page.judgements.push_back(Judge(claim, rows, departure));
    if (request.reading != "text") {
      absl::StrAppend(&page.judgements.back().why, "; read as ",
                      request.reading);
    }
  }
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/claims.json", ToJson(page.judgements)));
  page.readings = ReadingsBeside(out, rows, page);
  NCLAB_RETURN_IF_ERROR(DrawFigure(out, rows, page));
  NCLAB_RETURN_IF_ERROR(WritePage(out, page, drawing));
  return page.judgements;
}

}  // namespace nclab
