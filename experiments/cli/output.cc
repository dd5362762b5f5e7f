#include "experiments/cli/output.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "experiments/report/report.h"
#include "tools/base/files.h"
#include "tools/base/status_macros.h"

namespace nclab {

namespace fs = std::filesystem;

absl::Status CheckReportFiles(const std::string& out,
                              const ReportRequest& request) {
  std::vector<std::string> outputs, inputs = {out + "/experiment.json"};
  for (const char* name :
       {"claims.json", "sweep.csv", "figure.csv", "figure.vl.json",
        "figure.svg", "figure.png", "figure.pdf", "report.html"}) {
    outputs.push_back(absl::StrCat(out, "/", name));
  }
  for (const ReportRun& run : request.runs) {
    for (const char* name : {"spec.json", "manifest.json", "metrics.csv"}) {
      inputs.push_back(absl::StrCat(out, "/", run.directory, "/", name));
    }
  }
  return CheckOutputFiles(outputs, inputs);
}

absl::Status CheckOutput(const std::string& out, const std::string& name) {
  const std::string record = out + "/experiment.json";
  std::error_code error;
  if (!fs::exists(out, error)) return absl::OkStatus();
  if (!fs::is_directory(out, error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--out ", out, " is a file; expected a directory."));
  }
  if (FileExists(record)) {
    NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(record));
    NCLAB_ASSIGN_OR_RETURN(const ReportRequest there,
                           ReportRequestFromJson(record, text));
    if (there.experiment == name) return CheckReportFiles(out, there);
    return absl::FailedPreconditionError(
        absl::StrCat("--out ", out, " holds an output of ", there.experiment,
                     ", not of ", name, ". Choose another directory."));
  }
  if (!fs::is_empty(out, error)) {
    return absl::FailedPreconditionError(
        absl::StrCat("--out ", out,
                     " holds files that are not an "
                     "experiment's. Choose another directory."));
  }
  return absl::OkStatus();
}

std::string CommandLine(const std::string& target, int argc, char** argv) {
  std::string command = absl::StrCat("./bazelw run ", target);
  if (argc > 1) absl::StrAppend(&command, " --");
  for (int i = 1; i < argc; ++i) {
    const std::string arg = argv[i];
    const bool plain =
        arg.find_first_of(" '\"()*;&|<>${}") == std::string::npos;
    absl::StrAppend(&command, " ", plain ? arg : "'" + arg + "'");
  }
  return command;
}

}  // namespace nclab
