// OUT/experiment.json: what was asked for, from which //tools:plot redraws.
#ifndef NCLAB_EXPERIMENTS_REPORT_FACTS_REQUEST_H_
#define NCLAB_EXPERIMENTS_REPORT_FACTS_REQUEST_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace nclab {

// One run of an experiment, as its output directory remembers it.
struct ReportRun {
  std::string cell;
  int64_t seed = 0;
  std::string directory;  // relative to the output directory
};

struct ReportRequest {
  std::string experiment;
  std::string preset;
  // Settings that were changed on top of the preset: key, value.
  std::vector<std::pair<std::string, std::string>> overrides;
  std::vector<std::string> only;  // cells; empty: all
  std::vector<ReportRun> runs;
  std::string command;  // that repeats it
  std::string reading = "text";
};

std::string ToJson(const ReportRequest& request);
// \error kInvalidArgument if `text` is not such a file; names `path`.
absl::StatusOr<ReportRequest> ReportRequestFromJson(const std::string& path,
                                                    const std::string& text);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FACTS_REQUEST_H_
