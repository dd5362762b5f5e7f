#include "experiments/cli/flags/output.h"

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/cli/flags/extra_flags.h"
#include "experiments/records/output_directory.h"
#include "experiments/records/pack/pack.h"
#include "experiments/report/report.h"
#include "experiments/report/sweep_report.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/shell_words.h"

namespace nclab {

namespace fs = std::filesystem;

absl::Status CheckReportFiles(const std::string& out,
                              const ReportRequest& request) {
  std::vector<std::string> outputs,
      inputs = {out + "/experiment.json", absl::StrCat(out, "/", kPackedRuns),
                absl::StrCat(out, "/", kPackedRows)};
  for (const char* name : kReportFiles) {
    outputs.push_back(absl::StrCat(out, "/", name));
  }
  for (const ReportRun& run : request.runs) {
    for (const char* name :
         {"spec.json", "measure.json", "manifest.json", "metrics.csv"}) {
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
  if (IsPacked(out)) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--out ", out,
        " is a packed output: it has rows and no runs to go on with. Choose "
        "another directory."));
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
  for (const auto& entry : fs::directory_iterator(out, error)) {
    // Hidden files may be what a process left that was killed as it began.
    if (entry.path().filename().string()[0] == '.') continue;
    return absl::FailedPreconditionError(
        absl::StrCat("--out ", out,
                     " holds files that are not an "
                     "experiment's. Choose another directory."));
  }
  return absl::OkStatus();
}

absl::Status PrintReport(const std::string& out, const ReportRequest& request) {
  absl::Status drawing;
  std::string answer;
  if (request.experiment == kSweep) {
    NCLAB_ASSIGN_OR_RETURN(answer, WriteSweepReport(out, request, &drawing));
    absl::StrAppend(&answer, out, "/sweep.csv\n");
  } else {
    NCLAB_ASSIGN_OR_RETURN(const std::vector<Judgement> judgements,
                           WriteReport(out, request, &drawing));
    answer = VerdictLines(judgements);
  }
  std::printf("%s%s/report.html\n", answer.c_str(), out.c_str());
  return drawing;
}

std::string CommandLine(const std::string& target, int argc, char** argv) {
  std::string words;
  for (int i = 1; i < argc; ++i) {
    absl::string_view flag = argv[i];
    while (absl::ConsumePrefix(&flag, "-")) {
    }
    // Whoever repeats it wants what is there.
    if (argv[i][0] == '-' &&
        (flag == "fresh" || absl::StartsWith(flag, "fresh="))) {
      continue;
    }
    absl::StrAppend(&words, " ", ShellWord(argv[i]));
  }
  // Of a release: "nclab fig6".
  if (const char* command = std::getenv("NCLAB_COMMAND")) {
    return absl::StrCat(command, words);
  }
  return absl::StrCat("./bazelw run ", kExtraFlags, target,
                      words.empty() ? "" : " --", words);
}

}  // namespace nclab
