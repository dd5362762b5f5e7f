// What a page is made from: the runs as far as they went, and the figure.
#ifndef NCLAB_EXPERIMENTS_REPORT_FACTS_PAGE_INPUT_H_
#define NCLAB_EXPERIMENTS_REPORT_FACTS_PAGE_INPUT_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/experiment.h"
#include "experiments/records/pack/pack.h"
#include "experiments/report/claims/claims.h"
#include "experiments/report/facts/request.h"
#include "experiments/report/figure/figure.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

struct RunFacts {
  ReportRun run;
  std::string spec;       // JSON, "" if there is none
  std::string manifest;   // JSON, "" if there is none
  RunSpec shown;          // of `spec`, as people read it; defaults if none
  std::string problem;    // why it has no rows; "" if it has
  bool diverged = false;  // that is why
  // As the manifest says:
  bool official = true;         // the data files
  int64_t train_samples = 0;    // of the training split; 0: not known
  int64_t steps_per_epoch = 0;  // of the stream; 0: not known
  std::vector<MetricRow> rows;
};

// A panel under a reading, beside the paper's axes.
struct AxesRow {
  std::string panel;  // Panel::id
  std::string reading, preset;
  std::string where;    // "here", or whose runs
  Judgement judgement;  // of OnAxes(): verdict, value, per_seed
};

struct PageInput {
  const ExperimentInfo* info = nullptr;
  Experiment experiment;
  Reading reading;
  ReportRequest request;
  std::vector<RunFacts> runs;
  std::vector<Judgement> judgements;
  std::vector<AxesRow> readings;
  std::vector<Point> points;  // of the figure
  std::string vega_lite;      // figure.vl.json
  std::string vega_script;    // JavaScript that defines vegaEmbed
  std::string svg;            // figure.svg, shown where scripts do not run
  absl::Status drawing;       // why these two are not there
};

// What `record` says of a run.
RunFacts FactsOf(const ReportRun& run, RunRecord record);

// The runs under `out`, each as far as it went: its directory where it has one,
// else what is packed. \error as ReadPack().
absl::StatusOr<std::vector<RunFacts>> ReadRuns(const std::string& out,
                                               const ReportRequest& request);

// SGD steps of an epoch, as the manifest says or, where it does not, as many
// batches as fit into the samples; 1 where these are not known either.
int64_t StepsPerEpoch(const RunFacts& run);

// The rows of `runs` by seed and cell.
std::map<int64_t, SeedRows> RowsOf(const std::vector<RunFacts>& runs);

// Draws page.experiment's panels from `rows`: writes figure.{csv,vl.json,svg,
// png,pdf} into `out` and fills the figure's part of `page`. That the pictures
// cannot be drawn is no error here; old ones are removed then.
absl::Status DrawFigure(const std::string& out,
                        const std::map<int64_t, SeedRows>& rows,
                        PageInput& page);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FACTS_PAGE_INPUT_H_
