// The runs of an output directory as a report reads them: from a directory
// each, or packed into two files.
#ifndef NCLAB_EXPERIMENTS_RECORDS_PACK_PACK_H_
#define NCLAB_EXPERIMENTS_RECORDS_PACK_PACK_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/records/records.h"
#include "experiments/records/run_directory.h"

namespace nclab {

// Of a packed output: specs, what was measured, manifests and ends of the runs
// in one JSON; their rows in one table, metrics.csv with a column `run` in
// front, compressed by gzip.
inline constexpr char kPackedRuns[] = "runs.json";
inline constexpr char kPackedRows[] = "rows.csv.gz";

// What a report has of a run, as far as it went.
struct RunRecord {
  std::string spec;             // JSON, "" if there is none
  std::string measurement;      // measure.json, likewise
  std::string manifest;         // JSON, likewise
  std::string problem;          // why it has no rows; "" if it has
  bool diverged = false;        // that is why
  std::vector<MetricRow> rows;  // of a finished run only
};

// By directory, relative to the output's.
using RunRecords = std::map<std::string, RunRecord>;

RunRecord ReadRecord(const RunDirectory& directory);

// Writes the two files into `directory`. \error as SystemError().
absl::Status WritePack(const std::string& directory, const RunRecords& runs);

bool IsPacked(const std::string& directory);

// None where the output is not packed. \error kDataLoss names the file that is
// damaged.
absl::StatusOr<RunRecords> ReadPack(const std::string& directory);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_PACK_PACK_H_
