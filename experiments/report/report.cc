#include "experiments/report/report.h"

#include <map>
#include <set>

#include "absl/strings/str_cat.h"
#include "experiments/report/page/page.h"
#include "experiments/report/page/planned.h"
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
  std::set<std::string> without;
  for (const Preset& candidate : experiment.presets) {
    if (candidate.name != preset) continue;
    without.insert(candidate.without.begin(), candidate.without.end());
  }
  for (auto& [seed, cells] : rows) {
    for (const Cell& cell : experiment.cells) {
      if (without.count(cell.name) == 0) cells[cell.name];
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
  for (const ReportRun& run : request.runs) {
    page.runs.push_back(ReadRun(out, run));
  }
  NameRuns(page.runs, page.experiment);
  std::map<int64_t, SeedRows> rows = RowsOf(page.runs);
  AddMissingCells(page.experiment, request.preset, rows);
  const std::string departure = Departure(request, page.runs);
  for (const Claim& claim : page.experiment.claims) {
    page.judgements.push_back(Judge(claim, rows, departure));
  }
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/claims.json", ToJson(page.judgements)));
  NCLAB_RETURN_IF_ERROR(DrawFigure(out, rows, page));
  NCLAB_RETURN_IF_ERROR(WritePage(out, page, drawing));
  return page.judgements;
}

}  // namespace nclab
