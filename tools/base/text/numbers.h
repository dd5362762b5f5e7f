// Numbers as text that parses back exactly.
#ifndef NCLAB_TOOLS_BASE_TEXT_NUMBERS_H_
#define NCLAB_TOOLS_BASE_TEXT_NUMBERS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace nclab {

// The shortest decimal text that parses back to `value`; "nan", "inf", "-inf".
std::string FormatDouble(double value);

// "1.2 MB" and the like, for people.
std::string FormatBytes(int64_t bytes);

// "45 s", "3 min 20 s", "2 h 5 min", for people.
std::string DescribeDuration(absl::Duration duration);

// Integers from "0,1,2", "0..4" (inclusive) or a mixture.
// \error kInvalidArgument names `what` and the word that is not a number.
absl::StatusOr<std::vector<int64_t>> ParseIntList(absl::string_view what,
                                                  absl::string_view text);

// The words of a comma-separated list, without blanks around them, where
// commas inside parentheses do not separate. An empty text is no word.
std::vector<std::string> SplitList(absl::string_view text);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_TEXT_NUMBERS_H_
