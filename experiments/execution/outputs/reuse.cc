#include "experiments/execution/outputs/reuse.h"

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "experiments/records/manifest.h"
#include "experiments/records/output_directory.h"
#include "experiments/records/run_directory.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// What belongs to a process, not to the run.
bool IsPassing(const fs::path& path) {
  const std::string name = path.filename().string();
  return name[0] == '.' || name == "progress.json";
}

void LinkOrCopy(const fs::path& from, const fs::path& to,
                std::error_code& error) {
  fs::create_hard_link(from, to, error);
  if (error) fs::copy_file(from, to, error);
}

}  // namespace

absl::StatusOr<std::string> FindFinishedRun(const std::string& out,
                                            const std::string& name,
                                            const IsSameRun& same) {
  const fs::path own = PlainDirectory(out);
  std::error_code error;
  std::vector<std::string> found;
  for (auto it = fs::directory_iterator(own.parent_path(), error);
       !error && it != fs::directory_iterator(); it.increment(error)) {
    const RunDirectory run((it->path() / "runs" / name).string());
    if (it->path() == own || !run.HasSpec() || !run.Through()) continue;
    NCLAB_ASSIGN_OR_RETURN(const bool fits, same(run.path()));
    if (fits) found.push_back(run.path());
  }
  return found.empty() ? "" : *std::min_element(found.begin(), found.end());
}

absl::Status AdoptRun(const std::string& from, const PlannedRun& run) {
  const fs::path target = PlainDirectory(run.directory);
  if (fs::exists(target)) {
    const auto files = FilesInManifest(from);
    if (!files) return absl::OkStatus();
    return Annotate(CheckRunData(run.directory, *files),
                    absl::StrCat("Cannot take the run ", from, " over"));
  }
  const std::string temporary = TemporaryName(target.string());
  std::error_code error;
  fs::create_directories(temporary, error);
  for (auto it = fs::recursive_directory_iterator(from, error);
       !error && it != fs::recursive_directory_iterator();
       it.increment(error)) {
    if (IsPassing(it->path())) continue;
    const fs::path to = temporary / it->path().lexically_relative(from);
    if (it->is_directory()) {
      fs::create_directories(to, error);
    } else {
      LinkOrCopy(it->path(), to, error);
    }
    if (error) break;
  }
  if (!error) fs::rename(temporary, target, error);
  if (error) {
    const int code = error.value();
    fs::remove_all(temporary, error);
    errno = code;
    return SystemError("take over", from);
  }
  return absl::OkStatus();
}

}  // namespace nclab
