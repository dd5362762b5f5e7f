#include "tools/draw/render.h"

#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tools/base/files/files.h"
#include "tools/base/process/subprocess.h"
#include "tools/base/status_macros.h"

namespace nclab {
absl::StatusOr<std::string> RenderFigure(const std::string& directory) {
  const std::string root = Runfile("vl_convert/site/root.txt");
  const std::string script = Runfile("tools/draw/render.py");
  if (root.empty() || script.empty()) {
    return absl::InternalError(
        "The renderer is not among this program's files. Start it by bazel "
        "run.");
  }
  // UTF-8 whatever the locale; nothing of the user's Python (-I).
  const absl::StatusOr<ProgramResult> python = RunProgram(
      {"python3", "-I", "-X", "utf8", script,
       std::filesystem::path(root).parent_path().string(), directory});
  if (!python.ok() || python->exit_code != 0) {
    return absl::InternalError(
        absl::StrCat("Drawing ", directory, "/figure failed: ",
                     python.ok() ? python->output : python.status().message()));
  }
  const std::string bundle = directory + "/.vega.js";
  NCLAB_ASSIGN_OR_RETURN(std::string javascript, ReadFile(bundle));
  std::filesystem::remove(bundle);
  return javascript;
}

}  // namespace nclab
