// metrics.csv: what a run measured, one number a row.
#ifndef NCLAB_EXPERIMENTS_RECORDS_RECORDS_H_
#define NCLAB_EXPERIMENTS_RECORDS_RECORDS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace nclab {

struct MetricRow {
  int64_t step = 0;
  std::string split;  // train or test
  std::string layer;  // empty where it has no meaning
  std::string metric;
  std::string anchor;  // final, own, or empty
  double value = 0;

  bool operator==(const MetricRow&) const = default;
};

// With the header line step,split,layer,metric,anchor,value. Undefined values
// are nan; numbers parse back exactly.
std::string ToCsv(const std::vector<MetricRow>& rows);

// \error kDataLoss names `path` and the line that does not parse.
absl::StatusOr<std::vector<MetricRow>> ParseCsv(const std::string& path,
                                                absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_RECORDS_H_
