#include "datasets/sums.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "absl/strings/str_cat.h"
#include "tools/base/subprocess.h"

namespace nclab {
namespace {

// The word that a program answers to `input`; "" if it cannot be started or
// fails.
std::string FirstWordOf(const std::vector<std::string>& argv,
                        absl::string_view input) {
  const absl::StatusOr<ProgramResult> result =
      RunProgram(argv, {.input = input, .with_errors = false});
  if (!result.ok() || result->exit_code != 0) return "";
  return result->output.substr(0, result->output.find(' '));
}

// By openssl where there is one, since it uses the processor's instructions;
// by coreutils otherwise.
// Of the file `path`, or of `bytes` where that is "".
absl::StatusOr<std::string> Digest(const std::string& openssl_option,
                                   const std::string& program, size_t digits,
                                   const std::string& path,
                                   absl::string_view bytes) {
  std::vector<std::string> argv = {"openssl", "dgst", openssl_option, "-r"};
  if (!path.empty()) argv.push_back(path);
  std::string hex = FirstWordOf(argv, bytes);
  if (hex.size() != digits) {
    argv = {program};
    if (!path.empty()) argv.push_back(path);
    hex = FirstWordOf(argv, bytes);
  }
  if (hex.size() == digits) return hex;
  if (!path.empty() && access(path.c_str(), R_OK) != 0) {
    return absl::FailedPreconditionError(
        absl::StrCat("Cannot read ", path, ": ", std::strerror(errno)));
  }
  return absl::InternalError(
      absl::StrCat("Cannot compute a check sum: neither the program openssl "
                   "nor ",
                   program, " (coreutils) answered. Install one of them."));
}

}  // namespace

absl::StatusOr<std::string> Sha256(absl::string_view bytes) {
  return Digest("-sha256", "sha256sum", 64, "", bytes);
}

absl::StatusOr<std::string> Md5(absl::string_view bytes) {
  return Digest("-md5", "md5sum", 32, "", bytes);
}

absl::StatusOr<std::string> Sha256OfFile(const std::string& path) {
  return Digest("-sha256", "sha256sum", 64, path, "");
}

}  // namespace nclab
