// Comma-separated values as RFC 4180 has them, with lines that end in \n.
#ifndef NCLAB_TOOLS_BASE_TEXT_CSV_H_
#define NCLAB_TOOLS_BASE_TEXT_CSV_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nclab {

// `field` as it stands in a line: in quotes where it has a comma, a quote or
// the end of a line inside.
std::string CsvField(absl::string_view field);

// The fields of one line, with its end.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_CSV_H_
