#include "experiments/training/run_directory.h"

#include <algorithm>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "tools/base/files.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Numbers N of the files step-N.safetensors in `directory`, ascending.
std::vector<int64_t> Steps(const std::string& directory) {
  std::vector<int64_t> steps;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    absl::string_view digits = name;
    int64_t step;
    if (absl::ConsumePrefix(&digits, "step-") &&
        absl::ConsumeSuffix(&digits, ".safetensors") &&
        absl::SimpleAtoi(digits, &step)) {
      steps.push_back(step);
    }
  }
  std::sort(steps.begin(), steps.end());
  return steps;
}

bool IsEmptyOrAbsent(const std::string& path) {
  std::error_code error;
  return !fs::exists(path, error) || fs::is_empty(path, error);
}

}  // namespace

std::string RunDirectory::Checkpoint(int64_t step) const {
  return File(absl::StrCat("checkpoints/step-", step, ".safetensors"));
}

bool RunDirectory::HasSpec() const { return FileExists(File("spec.json")); }
bool RunDirectory::Done() const { return FileExists(File("DONE")); }

std::string RunDirectory::FailureReason() const {
  const absl::StatusOr<std::string> reason = ReadFile(File("FAILED"));
  return reason.ok() ? std::string(absl::StripSuffix(*reason, "\n")) : "";
}

absl::Status RunDirectory::Begin(const RunSpec& canonical) const {
  const std::string text = ToJson(canonical);
  if (HasSpec()) {
    NCLAB_ASSIGN_OR_RETURN(const std::string there,
                           ReadFile(File("spec.json")));
    if (there != text) {
      return absl::FailedPreconditionError(absl::StrCat(
          path_,
          " holds a run of another spec (see spec.json there). Choose "
          "another --out, or remove that directory."));
    }
  } else if (!IsEmptyOrAbsent(path_)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, " holds files that are not a run's. Choose another --out."));
  }
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(path_));
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(File("checkpoints")));
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(File("moments")));
  if (HasSpec()) return absl::OkStatus();
  return WriteFileAtomically(File("spec.json"), text);
}

std::vector<int64_t> RunDirectory::CheckpointSteps() const {
  return Steps(File("checkpoints"));
}

absl::Status RunDirectory::PruneCheckpoints(
    const std::vector<int64_t>& keep) const {
  std::vector<int64_t> steps = CheckpointSteps();
  if (steps.size() > 2)
    steps.resize(steps.size() - 2);
  else
    steps.clear();
  for (const int64_t step : steps) {
    if (std::find(keep.begin(), keep.end(), step) != keep.end()) continue;
    std::error_code error;
    fs::remove(Checkpoint(step), error);
  }
  return absl::OkStatus();
}

std::string RunDirectory::Features(int64_t step) const {
  return File(absl::StrCat("features/step-", step, ".safetensors"));
}

absl::Status RunDirectory::WriteEvaluation(const Evaluation& evaluation) const {
  return SaveEvaluation(
      File(absl::StrCat("moments/step-", evaluation.step, ".safetensors")),
      evaluation);
}

absl::StatusOr<std::vector<Evaluation>> RunDirectory::ReadEvaluations(
    int64_t last_step) const {
  std::vector<Evaluation> evaluations;
  for (const int64_t step : Steps(File("moments"))) {
    if (step > last_step) break;
    NCLAB_ASSIGN_OR_RETURN(Evaluation evaluation,
                           LoadEvaluation(File(absl::StrCat(
                               "moments/step-", step, ".safetensors"))));
    evaluations.push_back(std::move(evaluation));
  }
  return evaluations;
}

absl::Status RunDirectory::WriteMetrics(
    const std::vector<MetricRow>& rows) const {
  return WriteFileAtomically(File("metrics.csv"), ToCsv(rows));
}

absl::StatusOr<std::vector<MetricRow>> RunDirectory::ReadMetrics() const {
  const std::string path = File("metrics.csv");
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseCsv(path, text);
}

}  // namespace nclab
