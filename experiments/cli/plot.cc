// //tools:plot: redraws an output directory without training anything.
#include <gflags/gflags.h>

#include <filesystem>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/cli/flags/launch_flags.h"
#include "experiments/cli/flags/output.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/progress/planned_run.h"
#include "experiments/execution/questions.h"
#include "experiments/records/pack/pack.h"
#include "experiments/records/run_directory.h"
#include "experiments/report/report.h"
#include "experiments/spec/fields.h"
#include "experiments/spec/run_spec.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

DEFINE_string(metrics, "",
              "further metrics to compute of every finished run, from what it "
              "kept, as nc1_pinv_trace,cdnv");
DEFINE_string(layers, "", "further layers to do so of, as fc1,fc2; or all");
DEFINE_string(pack, "",
              "a new directory for the output in a handful of files: rows, "
              "specs and manifests, figure and claims, without moments and "
              "checkpoints");

namespace nclab {
namespace {

// The finished runs, each once, asked for --metrics and --layers besides.
// \error as Questions::Canonical() and Questions::CheckStarted().
absl::StatusOr<std::vector<PlannedRun>> AskedForMore(
    const std::string& out, const ReportRequest& request,
    Questions& questions) {
  std::vector<PlannedRun> runs;
  std::set<std::string> seen;
  for (const ReportRun& run : request.runs) {
    const RunDirectory directory(absl::StrCat(out, "/", run.directory));
    if (!seen.insert(run.directory).second || !directory.Done()) continue;
    NCLAB_ASSIGN_OR_RETURN(const std::string text,
                           ReadFile(directory.File("spec.json")));
    NCLAB_ASSIGN_OR_RETURN(RunSpec spec, RunSpecFromJson(text));
    NCLAB_ASSIGN_OR_RETURN(static_cast<Measurement&>(spec),
                           directory.ReadMeasurement(spec));
    for (const auto& [field, value] :
         {std::pair("metrics", FLAGS_metrics), {"layers", FLAGS_layers}}) {
      if (!value.empty()) NCLAB_RETURN_IF_ERROR(SetField(spec, field, value));
    }
    NCLAB_ASSIGN_OR_RETURN(spec, questions.Canonical(spec));
    NCLAB_RETURN_IF_ERROR(questions.CheckStarted(directory.path(), spec));
    runs.push_back({std::move(spec), directory.path()});
  }
  return runs;
}

absl::Status MeasureMore(const std::string& out, const ReportRequest& request) {
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions options,
                         BatchOptionsFromFlags());
  Questions questions(options);
  NCLAB_ASSIGN_OR_RETURN(const std::vector<PlannedRun> runs,
                         AskedForMore(out, request, questions));
  questions.End();
  NCLAB_ASSIGN_OR_RETURN(const ExecutionResult result,
                         ExecuteRuns(runs, options));
  if (result.failures.empty()) return absl::OkStatus();
  return absl::InternalError(result.failures.front());
}

// Packs the runs of `out` into `to`. \error kFailedPrecondition if something is
// there.
absl::Status Pack(const std::string& out, const ReportRequest& request,
                  const std::string& to) {
  std::error_code error;
  if (!std::filesystem::is_empty(to, error) && !error) {
    return absl::FailedPreconditionError(absl::StrCat(
        "--pack ", to, " is not empty. Choose another directory."));
  }
  NCLAB_ASSIGN_OR_RETURN(RunRecords packed, ReadPack(out));
  for (const ReportRun& run : request.runs) {
    const RunDirectory directory(absl::StrCat(out, "/", run.directory));
    if (!directory.HasSpec() && packed.count(run.directory) > 0) continue;
    packed[run.directory] = ReadRecord(directory);
  }
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(to));
  NCLAB_RETURN_IF_ERROR(WritePack(to, packed));
  return WriteFileAtomically(to + "/experiment.json", ToJson(request));
}

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
  const bool more = !FLAGS_metrics.empty() || !FLAGS_layers.empty();
  if (more && IsPacked(out)) {
    return absl::FailedPreconditionError(absl::StrCat(
        out,
        " is packed: it has the rows, and nothing to compute others "
        "from. Ask the output that it was packed from."));
  }
  NCLAB_RETURN_IF_ERROR(CheckReportFiles(out, request));
  if (more) NCLAB_RETURN_IF_ERROR(MeasureMore(out, request));
  const std::string to = FLAGS_pack.empty() ? out : UserPath(FLAGS_pack);
  if (to != out) NCLAB_RETURN_IF_ERROR(Pack(out, request, to));
  NCLAB_RETURN_IF_ERROR(PrintReport(to, request));
  return kExitOk;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Redraws figure, claims and report of an output directory, a sweep's "
       "too. With --metrics or --layers the runs are asked for these first: "
       "computed from what they kept, or from their checkpoints, without "
       "training.\n\n  plot nclab-out/fig6 --metrics=nc1_pinv_trace\n"
       "  plot nclab-out/fig6 --pack=kept/fig6",
       nclab::Run});
}
