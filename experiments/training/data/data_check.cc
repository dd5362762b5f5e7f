#include "experiments/training/data/data_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/canonical.h"
#include "experiments/training/evaluation/evaluation.h"
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

absl::Status CheckAsked(const std::string& run_directory,
                        const Measurement& asked) {
  const RunDirectory run(run_directory);
  if (!run.HasSpec() || run.Diverged()) return absl::OkStatus();
  NCLAB_ASSIGN_OR_RETURN(const Measurement there, run.ReadMeasurement({}));
  const std::vector<int64_t> kept = run.MomentSteps();
  if (!kept.empty()) {
    const std::vector<std::string> layers =
        LayersInEvaluation(run.Moments(kept.front()));
    if (!layers.empty()) {
      NCLAB_RETURN_IF_ERROR(Unasked(layers, asked.layers).status());
    }
  }
  const std::vector<int64_t> steps = run.CheckpointSteps();
  const int64_t last = steps.empty() ? -1 : steps.back();
  for (const int64_t step : asked.save_steps) {
    const auto has = [step](const std::vector<int64_t>& list) {
      return std::find(list.begin(), list.end(), step) != list.end();
    };
    const bool past = step <= last || (steps.empty() && run.Through());
    if (!past || has(steps) || has(there.save_steps)) continue;
    return absl::FailedPreconditionError(absl::StrCat(
        "The run ", run_directory, " is beyond step ", step,
        " and kept no checkpoint of it, which save_steps asks for. It has: ",
        steps.empty() ? "none" : absl::StrJoin(steps, ", "),
        ". Leave it out; or run it again, with --fresh or another --out."));
  }
  return absl::OkStatus();
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
  NCLAB_RETURN_IF_ERROR(CheckAsked(run_directory, spec));
  const absl::Status status = Check(run_directory, spec);
  return absl::IsNotFound(status) ? absl::OkStatus() : status;
}

bool DataAtHand::Fits(const std::string& run_directory, const RunSpec& spec) {
  if (!CheckRunSpec(run_directory, spec).ok()) return false;
  if (!CheckAsked(run_directory, spec).ok()) return false;
  const RunDirectory run(run_directory);
  const auto there = run.ReadMeasurement(spec);
  if (!run.Diverged() && run.MomentSteps().empty() &&
      !(there.ok() && Covers(*there, spec))) {
    return false;
  }
  const absl::Status status = Check(run_directory, spec);
  return status.ok() || (absl::IsNotFound(status) && context_.data_dir.empty());
}

}  // namespace nclab
