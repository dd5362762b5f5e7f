// Starting another program and hearing what it says. No shell is involved.
#ifndef NCLAB_TOOLS_BASE_PROCESS_SUBPROCESS_H_
#define NCLAB_TOOLS_BASE_PROCESS_SUBPROCESS_H_

#include <sys/types.h>

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace nclab {

// What a program gets as its descriptors 0 to 2; -1: /dev/null.
struct ProgramStreams {
  int input = -1;
  int output = -1;
  int errors = -1;
};

// Starts argv[0], found on the PATH; the caller waits for the process.
// `own_group`: the terminal's signals do not reach it.
// \error kNotFound if there is no such program, kFailedPrecondition if it
// cannot be started.
absl::StatusOr<pid_t> StartProgram(const std::vector<std::string>& argv,
                                   const ProgramStreams& streams,
                                   bool own_group = false);

// Waits until the child `pid` ends; its status, as waitpid() gives it.
int WaitForEnd(pid_t pid);

// How a process ended, by its status: "ended with status 1", "was killed by
// signal 9 (Killed); out of memory is a common cause".
std::string DescribeEnd(int status);

struct ProgramOptions {
  bool with_errors = true;  // `output` has its standard error, too
  size_t max_output = 10'000;
  // Called about every `interval`, whatever the program does. If it answers
  // false, the program is asked to end (SIGTERM), and killed where it has not
  // ended `grace` later.
  std::function<bool()> tick;
  absl::Duration interval = absl::Milliseconds(200);
  absl::Duration grace = absl::Seconds(3);
};

struct ProgramResult {
  int exit_code;       // 128 + n where signal n ended it
  std::string output;  // the last options.max_output bytes
};

// Runs a program, which gets an empty standard input, until it ends; processes
// that it leaves behind are not waited for. \error as StartProgram().
absl::StatusOr<ProgramResult> RunProgram(const std::vector<std::string>& argv,
                                         const ProgramOptions& options = {});

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_PROCESS_SUBPROCESS_H_
