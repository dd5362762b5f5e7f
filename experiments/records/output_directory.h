// The output directory of an experiment or a sweep, on disk.
#ifndef NCLAB_EXPERIMENTS_RECORDS_OUTPUT_DIRECTORY_H_
#define NCLAB_EXPERIMENTS_RECORDS_OUTPUT_DIRECTORY_H_

#include <string>

namespace nclab {

// `path` without ".", doubled slashes and a slash at the end, so that two ways
// to write one place compare.
std::string PlainDirectory(const std::string& path);

// What a report is made of. Beside it lie experiment.json, which says what was
// asked for, and runs/, a run's directory each.
inline constexpr const char* kReportFiles[] = {
    "claims.json", "sweep.csv",  "figure.csv", "figure.vl.json",
    "figure.svg",  "figure.png", "figure.pdf", "report.html"};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_OUTPUT_DIRECTORY_H_
