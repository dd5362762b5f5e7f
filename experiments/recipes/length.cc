#include "experiments/recipes/length.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace nclab {
namespace {

// Digits alone, few enough that a product with a number of steps below 2^31
// has room.
bool ParseDigits(absl::string_view text, int64_t* value) {
  if (text.empty() || text.size() > 9) return false;
  for (const char c : text) {
    if (!absl::ascii_isdigit(static_cast<unsigned char>(c))) return false;
  }
  return absl::SimpleAtoi(text, value);
}

// "1/3" or "0.25" as numerator and denominator.
bool ParseShare(absl::string_view text, int64_t* numerator,
                int64_t* denominator) {
  const std::vector<absl::string_view> fraction = absl::StrSplit(text, '/');
  if (fraction.size() == 2) {
    return ParseDigits(fraction[0], numerator) &&
           ParseDigits(fraction[1], denominator);
  }
  const std::vector<absl::string_view> decimal = absl::StrSplit(text, '.');
  if (decimal.size() != 2 || (decimal[0] != "0" && !decimal[0].empty()) ||
      !ParseDigits(decimal[1], numerator)) {
    return false;
  }
  *denominator = 1;
  for (size_t i = 0; i < decimal[1].size(); ++i) *denominator *= 10;
  return true;
}

}  // namespace

absl::StatusOr<int64_t> ParseLength(absl::string_view text, int64_t steps) {
  int64_t value = 0, denominator = 0;
  if (ParseDigits(text, &value)) {
    if (value < steps) return value;
    return absl::InvalidArgumentError(absl::StrCat(
        "'", text, "' is not before the end of the run, which has ", steps,
        " steps. Give a smaller number of steps, or a share of them, as 1/3."));
  }
  if (ParseShare(text, &value, &denominator) && 0 < value &&
      value < denominator) {
    // The ceiling of value / denominator * steps, without overflow.
    return steps / denominator * value +
           (steps % denominator * value + denominator - 1) / denominator;
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "'", text,
      "' is no part of a run. Give a number of steps, as 6000, or a "
      "share of them between 0 and 1, as 1/3 or 0.25."));
}

}  // namespace nclab
