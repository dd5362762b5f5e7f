#include "tools/draw/render.h"

#include <cstdio>
#include <filesystem>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/base/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// `text` in single quotes for a shell.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

}  // namespace

absl::StatusOr<std::string> RenderFigure(const std::string& directory) {
  const std::string root = Runfile("vl_convert/site/root.txt");
  const std::string script = Runfile("tools/draw/render.py");
  if (root.empty() || script.empty()) {
    return absl::InternalError(
        "The renderer is not among this program's files. Start it by bazel "
        "run.");
  }
  const std::string command = absl::StrCat(
      "PYTHONPATH=", Quoted(std::filesystem::path(root).parent_path().string()),
      " python3 ", Quoted(script), " ", Quoted(directory), " 2>&1");
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return absl::InternalError("Cannot start python3.");
  std::string words;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    words.append(buffer, n);
  }
  if (pclose(pipe) != 0) {
    return absl::InternalError(
        absl::StrCat("Drawing ", directory, "/figure failed: ", words));
  }
  const std::string bundle = directory + "/.vega.js";
  NCLAB_ASSIGN_OR_RETURN(std::string javascript, ReadFile(bundle));
  std::filesystem::remove(bundle);
  return javascript;
}

}  // namespace nclab
