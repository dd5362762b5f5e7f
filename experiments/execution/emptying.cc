#include "experiments/execution/emptying.h"

#include <algorithm>
#include <filesystem>
#include <iterator>
#include <map>
#include <set>
#include <system_error>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/execution/slurm_commands.h"
#include "experiments/execution/slurm_files.h"
#include "experiments/records/output_directory.h"
#include "experiments/records/run_directory.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

std::string Mark(const std::string& out) { return out + "/.fresh"; }

// \error kFailedPrecondition names a process that holds a lock below `out`.
absl::Status CheckProcesses(const std::string& out) {
  std::vector<std::string> locks = {out + "/slurm/.lock"};
  std::error_code error;
  for (const auto& run : fs::directory_iterator(out + "/runs", error)) {
    locks.push_back(run.path().string() + "/.lock");
  }
  for (const std::string& lock : locks) {
    if (!FileLock::IsHeld(lock)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "--fresh would empty ", out, ", but ",
        fs::path(lock).parent_path().string(), " is in use by ",
        FileLock::Holder(lock), ". Wait until it has finished, or stop it."));
  }
  return absl::OkStatus();
}

// \error kFailedPrecondition names the jobs of `out` that Slurm still has, or
// may have.
absl::Status CheckJobs(const std::string& out) {
  NCLAB_ASSIGN_OR_RETURN(const std::vector<SubmittedArray> arrays,
                         ReadArrays(out + "/slurm"));
  std::set<std::string> open;
  for (const SubmittedArray& array : arrays) {
    const auto& runs = array.directories;
    if (!std::all_of(runs.begin(), runs.end(), [](const std::string& run) {
          return RunDirectory(run).Through();
        })) {
      open.insert(array.job);
    }
  }
  if (open.empty()) return absl::OkStatus();
  const auto queue = SlurmQueue();
  if (!queue.ok()) {
    return absl::FailedPreconditionError(
        absl::StrCat("--fresh would empty ", out, ", but the jobs ",
                     absl::StrJoin(open, ", "),
                     " were submitted there and may still be in the queue: ",
                     queue.status().message(), " If they have ended, remove ",
                     out, "/slurm."));
  }
  std::set<std::string> there;
  for (const auto& [task, seen] : *queue) {
    const std::string job = task.substr(0, task.find('_'));
    if (open.count(job) > 0) there.insert(job);
  }
  if (there.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "--fresh would empty ", out,
      ", but its jobs are in Slurm's queue: ", absl::StrJoin(there, ", "),
      ". Wait for them, or scancel ", absl::StrJoin(there, " "), "."));
}

}  // namespace

absl::Status EmptyOutput(const std::string& out) {
  NCLAB_RETURN_IF_ERROR(CheckProcesses(out));
  NCLAB_RETURN_IF_ERROR(CheckJobs(out));
  // experiment.json stays until it is written anew: it says whose this is.
  std::error_code error;
  std::vector<const char*> names = {"runs", "slurm"};
  names.insert(names.end(), std::begin(kReportFiles), std::end(kReportFiles));
  for (const char* name : names) {
    fs::remove_all(absl::StrCat(out, "/", name), error);
    if (!error) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "Cannot remove ", out, "/", name, ": ", error.message(), "."));
  }
  return WriteFileAtomically(
      Mark(out), "Emptied by --fresh. Not all runs are done since.\n");
}

bool HasBegunAnew(const std::string& out) { return FileExists(Mark(out)); }

void EndAnew(const std::string& out) {
  std::error_code error;
  fs::remove(Mark(out), error);
}

}  // namespace nclab
