// report.html: one file that opens without a network.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_H_

#include <string>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/claims.h"
#include "experiments/report/figure.h"
#include "experiments/report/report.h"

namespace nclab {

struct RunFacts {
  ReportRun run;
  std::string spec;      // JSON, "" if there is none
  std::string manifest;  // JSON, "" if there is none
  std::string problem;   // why it has no rows; "" if it has
  std::vector<MetricRow> rows;
};

struct PageInput {
  const ExperimentInfo* info = nullptr;
  Experiment experiment;
  ReportRequest request;
  std::vector<RunFacts> runs;
  std::vector<Judgement> judgements;
  std::vector<Point> points;  // of the figure
  std::string vega_lite;      // figure.vl.json
  std::string vega_script;    // JavaScript that defines vegaEmbed
  std::string svg;            // figure.svg, shown where scripts do not run
};

std::string ReportPage(const PageInput& input);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_H_
