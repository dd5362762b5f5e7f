// The words and exit codes that all programs of nclab share for failure.
#ifndef NCLAB_TOOLS_BASE_ERRORS_H_
#define NCLAB_TOOLS_BASE_ERRORS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

namespace nclab {

// Exit status of every program.
inline constexpr int kExitOk = 0;
inline constexpr int kExitFailed = 1;     // a run or an internal step failed
inline constexpr int kExitUserError = 2;  // the input was wrong
inline constexpr int kExitStopped = 75;   // stopped by a signal, all saved

// Maps a status to an exit status: InvalidArgument, NotFound, AlreadyExists,
// FailedPrecondition, OutOfRange, PermissionDenied and DataLoss (a damaged
// input file) are the user's; Cancelled is a stop by signal; the rest failed.
int ExitCodeFor(const absl::Status& status);

// `status` with "context: " before its message. OK stays OK.
absl::Status Annotate(const absl::Status& status, absl::string_view context);

// "Unknown NOUN 'given'. Did you mean 'b'? Known: a, b, c." The middle
// sentence only where a name is at most two edits away. `known` is sorted in
// the answer; `hint`, if any, is appended.
absl::Status UnknownNameError(absl::string_view noun, absl::string_view given,
                              std::vector<std::string> known,
                              absl::string_view hint = "");

// The name nearest to `given`, or "" if none is within two edits.
std::string NearestName(absl::string_view given,
                        const std::vector<std::string>& known);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_ERRORS_H_
