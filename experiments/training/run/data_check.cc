#include "experiments/training/run/data_check.h"

#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"

namespace nclab {

absl::Status CheckRunSpec(const std::string& run_directory,
                          const RunSpec& canonical) {
  const RunDirectory run(run_directory);
  if (!run.HasSpec()) return absl::OkStatus();
  NCLAB_ASSIGN_OR_RETURN(const std::string there,
                         ReadFile(run.File("spec.json")));
  const bool same = CanonicalText(there).value_or(there) == ToJson(canonical);
  return same ? absl::OkStatus() : run.AnotherSpec();
}

std::vector<SourceFile> SourceFiles(const std::vector<DataFile>& files) {
  std::vector<SourceFile> result;
  for (const DataFile& file : files) {
    result.push_back({file.path, file.sha256, file.official});
  }
  return result;
}

absl::Status DataAtHand::Check(const std::string& run_directory,
                               const RunSpec& spec) {
  const auto made_from = FilesInManifest(run_directory);
  if (!made_from || made_from->empty()) return absl::OkStatus();
  auto it = files_.find(spec.dataset);
  if (it == files_.end()) {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                           Datasets().Bind(spec.dataset));
    const auto files = FilesOfDataset(choice, context_);
    it = files.ok() ? files_.emplace(spec.dataset, SourceFiles(*files)).first
                    : files_.emplace(spec.dataset, files.status()).first;
  }
  NCLAB_RETURN_IF_ERROR(it->second.status());
  return CheckRunData(run_directory, *it->second);
}

absl::Status DataAtHand::CheckStarted(const std::string& run_directory,
                                      const RunSpec& spec) {
  NCLAB_RETURN_IF_ERROR(CheckRunSpec(run_directory, spec));
  const absl::Status status = Check(run_directory, spec);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

bool DataAtHand::Fits(const std::string& run_directory, const RunSpec& spec) {
  if (!CheckRunSpec(run_directory, spec).ok()) return false;
  const absl::Status status = Check(run_directory, spec);
  return status.ok() || (absl::IsNotFound(status) && context_.data_dir.empty());
}

}  // namespace nclab
