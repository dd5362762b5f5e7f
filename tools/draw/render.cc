#include "tools/draw/render.h"

#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/cleanup/cleanup.h"
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
  // A release brings its own.
  const std::string python = Runfile("cpython/python/bin/python3");
  // UTF-8 whatever the locale; nothing of the user's Python (-I).
  std::vector<std::string> argv = {
      python.empty() ? "python3" : python,
      "-I",
      "-B",
      "-X",
      "utf8",
      script,
      std::filesystem::path(root).parent_path().string(),
      directory + "/figure.vl.json"};
  std::vector<std::string> pictures, drawn;
  for (const char* type : {"svg", "png", "pdf"}) {
    pictures.push_back(absl::StrCat(directory, "/figure.", type));
    drawn.push_back(TemporaryName(pictures.back()));
  }
  drawn.push_back(TemporaryName(directory + "/vega.js"));
  argv.insert(argv.end(), drawn.begin(), drawn.end());
  const absl::Cleanup remove = [&] {
    std::error_code error;
    for (const std::string& path : drawn) std::filesystem::remove(path, error);
  };
  const absl::StatusOr<ProgramResult> ran = RunProgram(argv);
  if (!ran.ok() || ran->exit_code != 0) {
    return absl::InternalError(absl::StrCat(
        "Drawing ", directory,
        "/figure failed: ", ran.ok() ? ran->output : ran.status().message()));
  }
  for (size_t i = 0; i < pictures.size(); ++i) {
    NCLAB_ASSIGN_OR_RETURN(const std::string picture, ReadFile(drawn[i]));
    NCLAB_RETURN_IF_ERROR(WriteFileAtomically(pictures[i], picture));
  }
  return ReadFile(drawn.back());
}

}  // namespace nclab
