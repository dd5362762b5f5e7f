// Comma-separated values as RFC 4180 has them, with lines that end in \n.
#ifndef NCLAB_TOOLS_BASE_TEXT_CSV_H_
#define NCLAB_TOOLS_BASE_TEXT_CSV_H_

#include <string>
#include <vector>

namespace nclab {

// The fields of one line, with its end. A field is in quotes where it has a
// comma, a quote or the end of a line inside.
std::string CsvLine(const std::vector<std::string>& fields);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_CSV_H_
