#include "experiments/training/data_check.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "experiments/records/manifest.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Name without directory and .gz, and sum.
std::pair<std::string, std::string> SumOf(const DataFile& file) {
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  return {std::string(absl::StripSuffix(name, ".gz")), file.sha256};
}

// Sorted. Files of one name may lie in several directories.
std::vector<std::pair<std::string, std::string>> Sums(
    const std::vector<DataFile>& files) {
  std::vector<std::pair<std::string, std::string>> sums;
  for (const DataFile& file : files) sums.push_back(SumOf(file));
  std::sort(sums.begin(), sums.end());
  return sums;
}

}  // namespace

absl::Status CheckRunData(const std::string& run_directory,
                          const std::vector<DataFile>& files) {
  const auto made_from = FilesInManifest(run_directory);
  if (!made_from) return absl::OkStatus();
  const auto then = Sums(*made_from);
  const auto now = Sums(files);
  if (then == now) return absl::OkStatus();
  const std::string advice = absl::StrCat(
      " Name the place of the former files with --data_dir=DIR; or, for a new "
      "run, choose another --out, or remove ",
      run_directory, ".");
  for (const DataFile& file : files) {
    const auto is = SumOf(file);
    if (std::binary_search(then.begin(), then.end(), is)) continue;
    // The sum that a file of this name had and none has now.
    const auto was =
        std::find_if(then.begin(), then.end(), [&](const auto& one) {
          return one.first == is.first &&
                 !std::binary_search(now.begin(), now.end(), one);
        });
    return absl::FailedPreconditionError(absl::StrCat(
        "The run ", run_directory, " was made from other data: ", is.first,
        was == then.end() ? " was not among its files"
                          : absl::StrCat(" had the SHA-256 ", was->second),
        " (manifest.json there); ", file.path, " has ", is.second, ".",
        advice));
  }
  return absl::FailedPreconditionError(
      absl::StrCat("The run ", run_directory, " was made from ", then.size(),
                   " files (manifest.json there); its dataset has ", now.size(),
                   " now.", advice));
}

absl::Status DataAtHand::Check(const std::string& run_directory,
                               const RunSpec& spec) {
  const auto made_from = FilesInManifest(run_directory);
  if (!made_from || made_from->empty()) return absl::OkStatus();
  auto it = files_.find(spec.dataset);
  if (it == files_.end()) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                           Datasets().Bind(spec.dataset));
    it = files_.emplace(spec.dataset, FilesOfDataset(choice, context_)).first;
  }
  NCLAB_RETURN_IF_ERROR(it->second.status());
  return CheckRunData(run_directory, *it->second);
}

absl::Status DataAtHand::CheckStarted(const std::string& run_directory,
                                      const RunSpec& spec) {
  const absl::Status status = Check(run_directory, spec);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

bool DataAtHand::Fits(const std::string& run_directory, const RunSpec& spec) {
  const absl::Status status = Check(run_directory, spec);
  return status.ok() || (absl::IsNotFound(status) && context_.data_dir.empty());
}

}  // namespace nclab
