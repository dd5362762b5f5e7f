// The output directory of a figure or a sweep: whose it is, what repeats it.
#ifndef NCLAB_EXPERIMENTS_CLI_FLAGS_OUTPUT_H_
#define NCLAB_EXPERIMENTS_CLI_FLAGS_OUTPUT_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/report/report.h"

namespace nclab {

// Whether the report's files can be written in `out`, from the runs that
// `request` names. \error as CheckOutputFiles().
absl::Status CheckReportFiles(const std::string& out,
                              const ReportRequest& request);

// `out` is empty, absent, or an output of experiment `name`, whose report can
// be written anew.
// \error kInvalidArgument, kFailedPrecondition if it is anything else.
absl::Status CheckOutput(const std::string& out, const std::string& name);

// Writes the report of a figure or a sweep in `out`, prints what it says and
// where it is. \error as WriteReport(); kInternal, after that, if the pictures
// cannot be drawn.
absl::Status PrintReport(const std::string& out, const ReportRequest& request);

// The command that repeats this one, as bash reads it, with the plugins of the
// build and without --fresh; `target` is Bazel's name of the program; in a
// release its command is said.
std::string CommandLine(const std::string& target, int argc, char** argv);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FLAGS_OUTPUT_H_
