// Everything that an output directory shows: figure, claims, report.
#ifndef NCLAB_EXPERIMENTS_REPORT_REPORT_H_
#define NCLAB_EXPERIMENTS_REPORT_REPORT_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/experiment.h"
#include "experiments/report/claims.h"

namespace nclab {

// One run of an experiment, as its output directory remembers it.
struct ReportRun {
  std::string cell;
  int64_t seed = 0;
  std::string directory;  // relative to the output directory
};

// What was asked for: OUT/experiment.json, from which //tools:plot redraws.
struct ReportRequest {
  std::string experiment;
  std::string preset;
  // Settings that were changed on top of the preset: key, value.
  std::vector<std::pair<std::string, std::string>> overrides;
  std::vector<std::string> only;  // cells; empty: all
  std::vector<ReportRun> runs;
  std::string command;  // that repeats it
};

std::string ToJson(const ReportRequest& request);
// \error kInvalidArgument if `text` is not such a file; names `path`.
absl::StatusOr<ReportRequest> ReportRequestFromJson(const std::string& path,
                                                    const std::string& text);

// Reads the runs under `out`, draws the figure, judges the claims and writes
// figure.{vl.json,csv,svg,png,pdf}, claims.json and report.html, each whole.
// Runs that are missing or failed are shown as such. Where the pictures cannot
// be drawn all the rest is written, and why goes to `drawing`.
// \error kInternal for that if `drawing` is nullptr.
absl::StatusOr<std::vector<Judgement>> WriteReport(
    const std::string& out, const ReportRequest& request,
    absl::Status* drawing = nullptr);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_REPORT_H_
