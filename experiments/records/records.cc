#include "experiments/records/records.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "tools/base/text/csv.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

constexpr absl::string_view kHeader = "step,split,layer,metric,anchor,value";

std::vector<std::string> SplitFields(absl::string_view line) {
  std::vector<std::string> fields(1);
  bool quoted = false;
  for (size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (quoted && c == '"' && i + 1 < line.size() && line[i + 1] == '"') {
      fields.back().push_back('"');
      ++i;
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == ',' && !quoted) {
      fields.emplace_back();
    } else {
      fields.back().push_back(c);
    }
  }
  return fields;
}

}  // namespace

std::string ToCsv(const std::vector<MetricRow>& rows) {
  std::string text = absl::StrCat(kHeader, "\n");
  for (const MetricRow& row : rows) {
    text += CsvLine({absl::StrCat(row.step), row.split, row.layer, row.metric,
                     row.anchor, FormatDouble(row.value)});
  }
  return text;
}

absl::StatusOr<std::vector<MetricRow>> ParseCsv(const std::string& path,
                                                absl::string_view text) {
  std::vector<MetricRow> rows;
  int64_t number = 0;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    const auto damaged = [&] {
      return absl::DataLossError(
          absl::StrCat(path, " is damaged at line ", number, "."));
    };
    if (number == 1) {
      if (line != kHeader) return damaged();
      continue;
    }
    if (line.empty()) continue;
    const std::vector<std::string> fields = SplitFields(line);
    MetricRow row;
    if (fields.size() != 6 || !absl::SimpleAtoi(fields[0], &row.step) ||
        !absl::SimpleAtod(fields[5], &row.value)) {
      return damaged();
    }
    row.split = fields[1];
    row.layer = fields[2];
    row.metric = fields[3];
    row.anchor = fields[4];
    rows.push_back(std::move(row));
  }
  if (number < 2 || text.back() != '\n') {
    return absl::DataLossError(absl::StrCat(path, " is cut short."));
  }
  return rows;
}

}  // namespace nclab
