// //tools:plot: redraws an output directory without running anything.
#include "absl/strings/str_cat.h"
#include "experiments/cli/flags/output.h"
#include "experiments/report/report.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

absl::StatusOr<int> Run(const std::vector<std::string>& args) {
  if (args.size() != 1) {
    return absl::InvalidArgumentError(
        "plot takes one output directory, as nclab-out/fig6.");
  }
  const std::string out = UserPath(args[0]);
  const std::string record = out + "/experiment.json";
  if (!FileExists(record)) {
    return absl::NotFoundError(absl::StrCat(
        out,
        " is not the output of an experiment or a sweep: it has no "
        "experiment.json."));
  }
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(record));
  NCLAB_ASSIGN_OR_RETURN(const ReportRequest request,
                         ReportRequestFromJson(record, text));
  NCLAB_RETURN_IF_ERROR(CheckReportFiles(out, request));
  NCLAB_RETURN_IF_ERROR(PrintReport(out, request));
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(argc, argv,
                        {"Redraws figure, claims and report of an output "
                         "directory, a sweep's too.\n\n  plot nclab-out/fig6",
                         nclab::Run});
}
