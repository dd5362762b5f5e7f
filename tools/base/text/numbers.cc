#include "tools/base/text/numbers.h"

#include <charconv>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nclab {

std::string FormatDouble(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  char buffer[32];
  const auto [end, error] =
      std::to_chars(buffer, buffer + sizeof(buffer), value);
  return std::string(buffer, end);
}

std::string FormatBytes(int64_t bytes) {
  static constexpr const char* kUnits[] = {"B", "kB", "MB", "GB", "TB"};
  double value = static_cast<double>(bytes);
  int unit = 0;
  while (value >= 1000 && unit < 4) {
    value /= 1000;
    ++unit;
  }
  return absl::StrFormat("%.*f %s", unit == 0 ? 0 : 1, value, kUnits[unit]);
}

std::string DescribeDuration(absl::Duration duration) {
  const int64_t seconds =
      absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 60) return absl::StrCat(seconds, " s");
  if (seconds < 3600) {
    return absl::StrCat(seconds / 60, " min ", seconds % 60, " s");
  }
  return absl::StrCat(seconds / 3600, " h ", seconds % 3600 / 60, " min");
}

std::vector<std::string> SplitList(absl::string_view text) {
  std::vector<std::string> words;
  std::string word;
  int depth = 0;
  const auto finish = [&] {
    const absl::string_view stripped = absl::StripAsciiWhitespace(word);
    if (!stripped.empty()) words.emplace_back(stripped);
    word.clear();
  };
  for (const char c : text) {
    if (c == '(') ++depth;
    if (c == ')') --depth;
    if (c == ',' && depth == 0) {
      finish();
    } else {
      word.push_back(c);
    }
  }
  finish();
  return words;
}

absl::StatusOr<std::vector<int64_t>> ParseIntList(absl::string_view what,
                                                  absl::string_view text) {
  std::vector<int64_t> values;
  for (const std::string& word : SplitList(text)) {
    const size_t dots = word.find("..");
    int64_t first, last;
    const bool ok =
        dots == std::string::npos
            ? absl::SimpleAtoi(word, &first) && absl::SimpleAtoi(word, &last)
            : absl::SimpleAtoi(word.substr(0, dots), &first) &&
                  absl::SimpleAtoi(word.substr(dots + 2), &last);
    // Unsigned: the difference of any two int64 is defined.
    if (!ok || last < first ||
        static_cast<uint64_t>(last) - static_cast<uint64_t>(first) > 1000000) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, " has '", word,
                       "'; expected whole numbers such as 0,1,2 or 0..4."));
    }
    for (int64_t i = 0; i <= last - first; ++i) values.push_back(first + i);
  }
  if (values.empty()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, " is empty; expected whole numbers such as 0,1,2."));
  }
  return values;
}

}  // namespace nclab
