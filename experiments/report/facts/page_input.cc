#include "experiments/report/facts/page_input.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/records/manifest.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/fields.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/json.h"
#include "tools/draw/render.h"

namespace nclab {

RunFacts FactsOf(const ReportRun& run, RunRecord record) {
  RunFacts facts;
  facts.run = run;
  facts.spec = std::move(record.spec);
  facts.manifest = std::move(record.manifest);
  facts.problem = std::move(record.problem);
  facts.diverged = record.diverged;
  facts.rows = std::move(record.rows);
  if (const auto read = RunSpecFromJson(facts.spec); read.ok()) {
    facts.shown = WithChoices(*read, ChoicesInText(facts.manifest));
  }
  const auto json = nlohmann::json::parse(facts.manifest, nullptr, false);
  facts.official = !json.is_object() || !json.contains("dataset_official") ||
                   json["dataset_official"] != false;
  facts.train_samples = ValueOr(json, "train_samples", int64_t{0});
  facts.steps_per_epoch = ValueOr(json, "steps_per_epoch", int64_t{0});
  return facts;
}

absl::StatusOr<std::vector<RunFacts>> ReadRuns(const std::string& out,
                                               const ReportRequest& request) {
  NCLAB_ASSIGN_OR_RETURN(const RunRecords packed, ReadPack(out));
  std::vector<RunFacts> runs;
  for (const ReportRun& run : request.runs) {
    const RunDirectory directory(absl::StrCat(out, "/", run.directory));
    const auto found = packed.find(run.directory);
    runs.push_back(FactsOf(run, directory.HasSpec() || found == packed.end()
                                    ? ReadRecord(directory)
                                    : found->second));
  }
  return runs;
}

int64_t StepsPerEpoch(const RunFacts& run) {
  if (run.steps_per_epoch > 0) return run.steps_per_epoch;
  const absl::StatusOr<RunSpec> spec = RunSpecFromJson(run.spec);
  if (!spec.ok() || run.train_samples < 1) return 1;
  return run.train_samples /
         std::clamp<int64_t>(spec->batch_size, 1, run.train_samples);
}

std::map<int64_t, SeedRows> RowsOf(const std::vector<RunFacts>& runs) {
  std::map<int64_t, SeedRows> rows;
  for (const RunFacts& run : runs) {
    rows[run.run.seed][run.run.cell] = {run.rows, StepsPerEpoch(run),
                                        run.diverged, run.train_samples,
                                        run.spec};
  }
  return rows;
}

absl::Status DrawFigure(const std::string& out,
                        const std::map<int64_t, SeedRows>& rows,
                        PageInput& page) {
  page.points = PlottedPoints(page.experiment, rows);
  page.vega_lite = ToVegaLite(page.experiment, page.points);
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/figure.csv", PointsToCsv(page.points)));
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/figure.vl.json", page.vega_lite));
  absl::StatusOr<std::string> script = RenderFigure(out);
  page.drawing = script.status();
  if (script.ok()) {
    page.vega_script = *std::move(script);
    NCLAB_ASSIGN_OR_RETURN(page.svg, ReadFile(out + "/figure.svg"));
    return absl::OkStatus();
  }
  for (const char* picture : {"/figure.svg", "/figure.png", "/figure.pdf"}) {
    std::error_code error;
    std::filesystem::remove(out + picture, error);
  }
  return absl::OkStatus();
}

}  // namespace nclab
