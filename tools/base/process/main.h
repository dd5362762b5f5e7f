// What every program does first and last: flags, logging, exit status.
#ifndef NCLAB_TOOLS_BASE_PROCESS_MAIN_H_
#define NCLAB_TOOLS_BASE_PROCESS_MAIN_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace nclab {

struct Program {
  std::string usage;  // what --help prints above the flags
  // Gets the arguments that are not flags. Answers the exit status.
  std::function<absl::StatusOr<int>(const std::vector<std::string>&)> run;
  bool flags_only = false;  // arguments are an error
};

// Parses flags (gflags; an unknown flag or a wrong value is an answer with
// exit status 2, nothing on standard output), starts glog, runs, prints an
// error to standard error and maps it to the exit status of
// tools/base/errors.h. An exception is an error, and so is a standard output
// that cannot be written. Answers --help and --version.
int RunMain(int argc, char** argv, const Program& program);

// Arguments of RunMain() parsed: flags are set, the rest is returned. Flags are
// those that our sources define, none of gflags and glog. How a description
// begins says more: "(repeatable)", the flag may be given several times, its
// values are joined by commas; "(internal)", it is not listed; "(0..1024)", its
// numbers lie in this range.
// \error kInvalidArgument for an unknown flag, a missing, an empty or a wrong
// value.
absl::StatusOr<std::vector<std::string>> ParseFlags(int argc, char** argv);

// The program's own flags, one per paragraph, for --help.
std::string DescribeFlags();

}  // namespace nclab

#endif  // NCLAB_TOOLS_BASE_PROCESS_MAIN_H_
