#include "tools/base/errors.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace nclab {
namespace {

// Levenshtein distance.
size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), 0);
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

int ExitCodeFor(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return kExitOk;
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kNotFound:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kOutOfRange:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kDataLoss:
      return kExitUserError;
    case absl::StatusCode::kCancelled:
      return kExitStopped;
    default:
      return kExitFailed;
  }
}

absl::Status Annotate(const absl::Status& status, absl::string_view context) {
  if (status.ok()) return status;
  return absl::Status(status.code(),
                      absl::StrCat(context, ": ", status.message()));
}

std::string NearestName(absl::string_view given,
                        const std::vector<std::string>& known) {
  std::string nearest;
  size_t best = 3;
  for (const std::string& name : known) {
    const size_t distance = EditDistance(given, name);
    if (distance < best && distance < name.size()) {
      best = distance;
      nearest = name;
    }
  }
  return nearest;
}

absl::Status UnknownNameError(absl::string_view noun, absl::string_view given,
                              std::vector<std::string> known,
                              absl::string_view hint) {
  std::sort(known.begin(), known.end());
  std::string message = absl::StrCat("Unknown ", noun, " '", given, "'. ");
  if (const std::string nearest = NearestName(given, known); !nearest.empty()) {
    absl::StrAppend(&message, "Did you mean '", nearest, "'? ");
  }
  absl::StrAppend(&message, "Known: ",
                  known.empty() ? "(none)" : absl::StrJoin(known, ", "), ".");
  if (!hint.empty()) absl::StrAppend(&message, " ", hint);
  return absl::NotFoundError(message);
}

}  // namespace nclab
