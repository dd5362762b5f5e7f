// Everything that an output directory shows: figure, claims, report.
#ifndef NCLAB_EXPERIMENTS_REPORT_REPORT_H_
#define NCLAB_EXPERIMENTS_REPORT_REPORT_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/report/claims/claims.h"
#include "experiments/report/facts/request.h"

namespace nclab {

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
