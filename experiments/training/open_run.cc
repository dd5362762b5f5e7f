#include "experiments/training/open_run.h"

#include <ATen/Parallel.h>

#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "experiments/training/checkpoints/chain.h"
#include "experiments/training/data_check.h"
#include "experiments/training/device.h"
#include "libtorch_build_info.h"
#include "metrics/evaluation/measurements.h"
#include "models/kernels/affine.h"
#include "tools/base/status_macros.h"

namespace nclab {

std::optional<RunOutcome> OpenRun::Finished() const {
  if (!directory_.HasSpec() || !directory_.Through()) return std::nullopt;
  if (directory_.Diverged()) {
    return RunOutcome{RunOutcome::State::kDiverged, directory_.DivergedAt(),
                      directory_.FailureReason()};
  }
  // It may have stopped early: its last checkpoint says where.
  const std::vector<int64_t> steps = directory_.CheckpointSteps();
  RunOutcome outcome;
  outcome.step = steps.empty() ? spec_.steps : steps.back();
  return outcome;
}

absl::StatusOr<std::optional<RunOutcome>> OpenRun::Open(RunData data) {
  NCLAB_ASSIGN_OR_RETURN(setup_, Prepare(spec_, std::move(data)));
  fresh_ = directory_.CheckpointSteps().empty();
  if (fresh_) NCLAB_RETURN_IF_ERROR(StartFromItsParent());
  NCLAB_RETURN_IF_ERROR(CheckRunSpec(directory_.path(), spec_));
  NCLAB_RETURN_IF_ERROR(directory_.Begin(spec_));
  bool stopped = false;
  absl::StatusOr<FileLock> lock =
      FileLock::Acquire(directory_.File(".lock"), [&] {
        stopped = options_.stop_requested && options_.stop_requested();
        return stopped || !options_.wait_for_lock;
      });
  if (!lock.ok() && stopped && options_.wait_for_lock) {
    RunOutcome outcome;
    outcome.state = RunOutcome::State::kStopped;
    return outcome;
  }
  NCLAB_RETURN_IF_ERROR(lock.status());
  lock_ = *std::move(lock);
  NCLAB_RETURN_IF_ERROR(
      CheckRunData(directory_.path(), SourceFiles(setup_.data.dataset.files)));
  // Perhaps by the process waited for.
  if (const auto finished = Finished()) return finished;
  log_.emplace(directory_.File("log.txt"));
  directory_.RemoveTemporaries();
  if (const absl::Status done = directory_.CheckDone();
      absl::IsDataLoss(done) && FileExists(directory_.File("metrics.csv"))) {
    NCLAB_RETURN_IF_ERROR(
        directory_.SetAside(directory_.File("metrics.csv"), done.message()));
  }
  std::error_code error;
  for (const char* name : {"DONE", "FAILED"}) {
    std::filesystem::remove(directory_.File(name), error);
  }
  return std::nullopt;
}

absl::StatusOr<ResumePoint> OpenRun::FindPoint() const {
  return FindResumePoint(directory_, spec_,
                         setup_.evaluation.needs & kNeedsClusters);
}

absl::StatusOr<Setup> OpenRun::TakeSetup(const ResumePoint& point) {
  if (point.step < 0 && !fresh_) NCLAB_RETURN_IF_ERROR(StartFromItsParent());
  Rewrite(spec_, options_, setup_);
  return std::move(setup_);
}

absl::Status OpenRun::BeginManifest(const Setup& setup, bool recorded) const {
  const RunData& data = setup.data;
  ManifestFacts facts;
  facts.commit = options_.commit;
  facts.device = data.device.str();
  facts.gpu = GpuName(data.device);
  facts.threads = at::get_num_threads();
  facts.classes = data.input.classes;
  facts.files = SourceFiles(data.dataset.files);
  facts.train_samples = data.train.labels.size(0);
  facts.side_by_side = options_.side_by_side;
  facts.rewrites = setup.rewriting.rewrites.Words();
  facts.rewrites_left_out = setup.rewriting.left_out;
  facts.channels_last = setup.channels_last;
  facts.recorded = recorded;
  facts.products = spec_.precision == "fp32" && data.device.is_cpu() &&
                           ProductsHere() == ProductsOf::kOneDnn
                       ? "oneDNN"
                       : "LibTorch";
  facts.libtorch = NCLAB_LIBTORCH_VERSION;
  facts.libtorch_variant = NCLAB_LIBTORCH_VARIANT;
  return nclab::BeginManifest(directory_.path(), facts);
}

absl::Status OpenRun::StartFromItsParent() {
  if (spec_.init_from.empty()) return absl::OkStatus();
  return StartFromParent(spec_, options_.directory, options_.parent_directory,
                         *setup_.model);
}

absl::Status WithAdvice(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return status;
  return absl::ResourceExhaustedError(absl::StrCat(
      status.message(),
      ". The last checkpoint is whole: make room, then run the same command "
      "again."));
}

}  // namespace nclab
