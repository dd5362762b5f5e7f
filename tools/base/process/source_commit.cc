#include "tools/base/process/source_commit.h"

#include <cstdlib>

#include "absl/strings/ascii.h"
#include "tools/base/process/subprocess.h"

namespace nclab {

std::string SourceCommit() {
  if (const char* packed = std::getenv("NCLAB_COMMIT")) return packed;
  const char* workspace = std::getenv("BUILD_WORKSPACE_DIRECTORY");
  if (workspace == nullptr) return "";
  const absl::StatusOr<ProgramResult> git =
      RunProgram({"git", "-C", workspace, "describe", "--always", "--dirty",
                  "--abbrev=40", "--match=none"},
                 {.with_errors = false});
  if (!git.ok() || git->exit_code != 0) return "";
  return std::string(absl::StripAsciiWhitespace(git->output));
}

}  // namespace nclab
