#include "experiments/records/run_directory.h"

#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/strip.h"
#include "experiments/records/output_directory.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
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

// A line of DONE: the sum of a file as it was when the run was through.
std::string SumLine(absl::string_view name, const std::string& bytes) {
  const uLong crc =
      crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size());
  return absl::StrCat(name, " crc32 ", absl::Hex(crc, absl::kZeroPad8), "\n");
}

// Hidden files may be what a process left that was killed as it began.
bool IsEmptyOrAbsent(const std::string& path) {
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(path, error)) {
    if (entry.path().filename().string()[0] != '.') return false;
  }
  return !error || !fs::exists(path, error);
}

}  // namespace

std::string RunDirectory::Checkpoint(int64_t step) const {
  return File(absl::StrCat("checkpoints/step-", step, ".safetensors"));
}

bool RunDirectory::HasSpec() const { return FileExists(File("spec.json")); }

absl::Status RunDirectory::CheckDone() const {
  NCLAB_ASSIGN_OR_RETURN(const std::string done, ReadFile(File("DONE")));
  if (done.empty()) return absl::OkStatus();  // of a version without sums
  const std::string path = File("metrics.csv");
  const absl::StatusOr<std::string> csv = ReadFile(path);
  if (csv.ok() && absl::StartsWith(done, SumLine("metrics.csv", *csv))) {
    return absl::OkStatus();
  }
  return absl::DataLossError(absl::StrCat(
      path, csv.ok() ? " is damaged" : " is missing",
      ": it is not the one that DONE names. Give the run's command again; it "
      "makes the file anew from moments/."));
}

absl::Status RunDirectory::MarkDone() const {
  std::string done;
  for (const char* name : {"metrics.csv", "measure.json"}) {
    NCLAB_ASSIGN_OR_RETURN(const std::string bytes, ReadFile(File(name)));
    done += SumLine(name, bytes);
  }
  return WriteFileAtomically(File("DONE"), done);
}

bool RunDirectory::Answered() const {
  if (Diverged()) return true;
  const absl::StatusOr<std::string> done = ReadFile(File("DONE"));
  if (!done.ok() || !Done()) return false;
  const absl::StatusOr<std::string> asked = ReadFile(File("measure.json"));
  return !asked.ok() || done->empty() ||
         absl::StrContains(*done, SumLine("measure.json", *asked));
}

std::string RunDirectory::FailureReason() const {
  if (const absl::Status done = CheckDone(); absl::IsDataLoss(done)) {
    return std::string(done.message());
  }
  const absl::StatusOr<std::string> reason = ReadFile(File("FAILED"));
  return reason.ok() ? std::string(absl::StripSuffix(*reason, "\n")) : "";
}

bool RunDirectory::Diverged() const { return FileExists(File("DIVERGED")); }

absl::Status RunDirectory::MarkDiverged(int64_t step,
                                        absl::string_view reason) const {
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(File("FAILED"), absl::StrCat(reason, "\n")));
  return WriteFileAtomically(File("DIVERGED"), absl::StrCat(step, "\n"));
}

int64_t RunDirectory::DivergedAt() const {
  int64_t step = 0;
  const absl::StatusOr<std::string> text = ReadFile(File("DIVERGED"));
  return text.ok() && absl::SimpleAtoi(*text, &step) ? step : 0;
}

absl::Status RunDirectory::AnotherSpec() const {
  return absl::FailedPreconditionError(absl::StrCat(
      path_,
      " holds a run of another spec (see spec.json there). Choose another "
      "--out, or remove that directory."));
}

absl::Status RunDirectory::Begin(const RunSpec& canonical) const {
  // Asked twice: another process may begin the same run at this moment.
  if (!HasSpec() && !IsEmptyOrAbsent(path_) && !HasSpec()) {
    return absl::FailedPreconditionError(absl::StrCat(
        path_, " holds files that are not a run's. Choose another --out."));
  }
  NCLAB_ASSIGN_OR_RETURN(const Measurement there, ReadMeasurement(canonical));
  const bool covers =
      FileExists(File("measure.json")) && Covers(there, canonical);
  // Also where nobody may write.
  if (HasSpec() && Through() && (covers || Diverged())) {
    return absl::OkStatus();
  }
  std::vector<std::string> outputs;
  for (const char* name :
       {".lock", "log.txt", "progress.json", "manifest.json", "measure.json",
        "metrics.csv", "k_means.json", "DONE", "FAILED"}) {
    outputs.push_back(File(name));
  }
  NCLAB_RETURN_IF_ERROR(CheckOutputFiles(outputs));
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(path_));
  // First of all, so that the directory is known for what it is.
  if (!HasSpec()) {
    NCLAB_RETURN_IF_ERROR(
        WriteFileAtomically(File("spec.json"), ToJson(canonical)));
  }
  if (!covers) NCLAB_RETURN_IF_ERROR(WriteMeasurement(Union(there, canonical)));
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(File("checkpoints")));
  return MakeWritableDirectory(File("moments"));
}

absl::StatusOr<Measurement> RunDirectory::ReadMeasurement(
    const Measurement& otherwise) const {
  const absl::StatusOr<std::string> text = ReadFile(File("measure.json"));
  if (absl::IsNotFound(text.status())) return otherwise;
  NCLAB_RETURN_IF_ERROR(text.status());
  absl::StatusOr<Measurement> there = MeasurementFromJson(*text);
  NCLAB_RETURN_IF_ERROR(Annotate(there.status(), File("measure.json")));
  return there;
}

absl::Status RunDirectory::WriteMeasurement(
    const Measurement& canonical) const {
  return WriteFileAtomically(File("measure.json"),
                             MeasurementToJson(canonical));
}

std::vector<int64_t> RunDirectory::CheckpointSteps() const {
  return Steps(File("checkpoints"));
}

void RunDirectory::PruneCheckpoints(int64_t step,
                                    const std::vector<int64_t>& keep) const {
  std::vector<int64_t> steps = CheckpointSteps();
  steps.erase(std::upper_bound(steps.begin(), steps.end(), step), steps.end());
  if (steps.size() <= 2) return;
  steps.resize(steps.size() - 2);
  for (const int64_t old : steps) {
    if (std::find(keep.begin(), keep.end(), old) != keep.end()) continue;
    std::error_code error;
    fs::remove(Checkpoint(old), error);
  }
}

absl::Status RunDirectory::SetAside(const std::string& path,
                                    absl::string_view reason) const {
  NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(File("damaged")));
  const std::string stem = absl::StrReplaceAll(
      fs::path(path).lexically_relative(path_).string(), {{"/", "-"}});
  std::string target = File(absl::StrCat("damaged/", stem));
  for (int i = 2; FileExists(target); ++i) {
    target = File(absl::StrCat("damaged/", stem, ".", i));
  }
  LOG(ERROR) << reason << " Set aside as " << target;
  std::error_code error;
  fs::rename(path, target, error);
  if (!error) return absl::OkStatus();
  errno = error.value();
  return SystemError("move", absl::StrCat(path, " to ", target));
}

void RunDirectory::RemoveTemporaries() const {
  for (const std::string& directory :
       {path_, File("checkpoints"), File("moments"), File("features")}) {
    std::error_code error;
    for (const auto& entry : fs::directory_iterator(directory, error)) {
      const std::string name = entry.path().filename().string();
      // The spec is written without the lock.
      if (absl::StartsWith(name, ".") && absl::EndsWith(name, ".tmp") &&
          !absl::StartsWith(name, ".spec.json.")) {
        fs::remove(entry.path(), error);
      }
    }
  }
}

std::string RunDirectory::Moments(int64_t step) const {
  return File(absl::StrCat("moments/step-", step, ".safetensors"));
}

std::vector<int64_t> RunDirectory::MomentSteps() const {
  return Steps(File("moments"));
}

std::string RunDirectory::Features(int64_t step) const {
  return File(absl::StrCat("features/step-", step, ".safetensors"));
}

absl::Status RunDirectory::WriteMetrics(
    const std::vector<MetricRow>& rows) const {
  return WriteFileAtomically(File("metrics.csv"), ToCsv(rows));
}

absl::StatusOr<std::vector<MetricRow>> RunDirectory::ReadMetrics() const {
  if (const absl::Status done = CheckDone(); absl::IsDataLoss(done)) {
    return done;
  }
  const std::string path = File("metrics.csv");
  NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  return ParseCsv(path, text);
}

std::string ParentDirectory(const RunSpec& spec, const std::string& directory) {
  const fs::path path = PlainDirectory(directory);
  return (path.parent_path() / ParentRunName(spec)).string();
}

}  // namespace nclab
