#include "experiments/execution/progress/planned_run.h"

#include <filesystem>
#include <map>

#include "absl/strings/str_cat.h"
#include "experiments/records/output_directory.h"
#include "experiments/records/run_directory.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::Status BeginRun(const PlannedRun& run) {
  const RunDirectory directory(run.directory);
  if (directory.HasSpec()) {
    NCLAB_ASSIGN_OR_RETURN(const std::string there,
                           ReadFile(directory.File("spec.json")));
    const absl::StatusOr<RunSpec> spec = RunSpecFromJson(there);
    if (!spec.ok() || ToJson(*spec) != ToJson(run.spec)) {
      return directory.AnotherSpec();
    }
  }
  return directory.Begin(run.spec);
}

std::string NameOf(const PlannedRun& run) {
  return std::filesystem::path(PlainDirectory(run.directory))
      .filename()
      .string();
}

std::vector<std::optional<size_t>> Parents(
    const std::vector<PlannedRun>& runs) {
  std::map<std::string, size_t> by_directory;
  for (size_t i = 0; i < runs.size(); ++i) {
    by_directory[PlainDirectory(runs[i].directory)] = i;
  }
  std::vector<std::optional<size_t>> parents(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].spec.init_from.empty()) continue;
    const auto it = by_directory.find(
        PlainDirectory(ParentDirectory(runs[i].spec, runs[i].directory)));
    if (it != by_directory.end()) parents[i] = it->second;
  }
  return parents;
}

std::string FailForParent(const PlannedRun& run, const PlannedRun& parent) {
  const std::string reason =
      absl::StrCat("the run that it starts from, ", NameOf(parent), ", failed");
  (void)WriteFileAtomically(run.directory + "/FAILED", reason + "\n");
  return reason;
}

absl::Status DivergeWithParent(const PlannedRun& run,
                               const PlannedRun& parent) {
  return RunDirectory(run.directory)
      .MarkDiverged(0, absl::StrCat("The run that it starts from, ",
                                    NameOf(parent), ", diverged."));
}

}  // namespace nclab
