// What a sweep's output directory shows: table, figure, page.
#ifndef NCLAB_EXPERIMENTS_REPORT_SWEEP_REPORT_H_
#define NCLAB_EXPERIMENTS_REPORT_SWEEP_REPORT_H_

#include <string>

#include "absl/status/statusor.h"
#include "experiments/report/report.h"

namespace nclab {

// ReportRequest::experiment of a sweep; no experiment has this name.
inline constexpr char kSweep[] = "sweep";

// Reads the runs under `out` and writes sweep.csv (a row per run), figure.*
// (a panel per number, a curve per cell) and report.html. Numbers that no run
// has are left out. Answers the table of means, a row per cell, for a terminal.
// `drawing` as in WriteReport().
absl::StatusOr<std::string> WriteSweepReport(const std::string& out,
                                             const ReportRequest& request,
                                             absl::Status* drawing = nullptr);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_SWEEP_REPORT_H_
