// Running another program and hearing what it says.
#ifndef NCLAB_TOOLS_BASE_SUBPROCESS_H_
#define NCLAB_TOOLS_BASE_SUBPROCESS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nclab {

struct ProgramResult {
  int exit_code;       // 128 + n where signal n ended it
  std::string output;  // the end of standard output and error
};

// Runs argv[0], found on the PATH, with an empty standard input, until it
// ends. Calls `tick` about every `interval`; if that answers false, the program
// is asked to end (SIGTERM). Keeps the last `max_output` bytes of its output.
// \error kNotFound if there is no such program, kFailedPrecondition if it
// cannot be started.
absl::StatusOr<ProgramResult> RunProgram(
    const std::vector<std::string>& argv,
    const std::function<bool()>& tick = nullptr,
    absl::Duration interval = absl::Milliseconds(200),
    size_t max_output = 10'000);

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_SUBPROCESS_H_
