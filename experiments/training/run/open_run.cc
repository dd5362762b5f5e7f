#include "experiments/training/run/open_run.h"

#include <ATen/Parallel.h>

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "datasets/files/checksums.h"
#include "experiments/spec/canonical.h"
#include "experiments/spec/fields.h"
#include "experiments/training/checkpoints/chain.h"
#include "experiments/training/data/data_check.h"
#include "experiments/training/device/device.h"
#include "experiments/training/run/view.h"
#include "libtorch_build_info.h"
#include "models/kernels/kernels.h"
#include "models/model.h"
#include "tools/base/logging.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// What to say of a run that is through, whichever run it is; nothing if it is
// not.
std::optional<RunOutcome> Finished(const RunSpec& spec,
                                   const RunDirectory& directory) {
  if (!directory.HasSpec() || !directory.Through()) return std::nullopt;
  if (directory.Diverged()) {
    return RunOutcome{RunOutcome::State::kDiverged, directory.DivergedAt(),
                      directory.FailureReason()};
  }
  // It may have stopped early: its last checkpoint says where.
  const std::vector<int64_t> steps = directory.CheckpointSteps();
  RunOutcome outcome;
  outcome.step = steps.empty() ? spec.steps : steps.back();
  return outcome;
}

// Weights of the run that this one starts from, if it does.
absl::Status StartFromItsParent(const RunSpec& spec, const RunOptions& options,
                                const Setup& setup) {
  if (spec.init_from.empty()) return absl::OkStatus();
  return StartFromParent(spec, options.directory, options.parent_directory,
                         *setup.model);
}

// Takes the lock of the directory; false if a stop came while waiting for it.
absl::StatusOr<bool> Lock(const RunOptions& options, OpenRun& run) {
  bool stopped = false;
  absl::StatusOr<FileLock> lock =
      FileLock::Acquire(run.directory.File(".lock"), [&] {
        stopped = options.stop_requested && options.stop_requested();
        return stopped || !options.wait_for_lock;
      });
  if (!lock.ok() && stopped && options.wait_for_lock) return false;
  NCLAB_RETURN_IF_ERROR(lock.status());
  run.lock = *std::move(lock);
  return true;
}

// Takes out of the directory what an earlier end has left there.
absl::Status CleanUp(const RunDirectory& directory) {
  directory.RemoveTemporaries();
  if (const absl::Status done = directory.CheckDone();
      absl::IsDataLoss(done) && FileExists(directory.File("metrics.csv"))) {
    NCLAB_RETURN_IF_ERROR(
        directory.SetAside(directory.File("metrics.csv"), done.message()));
  }
  std::error_code error;
  for (const char* name : {"DONE", "FAILED"}) {
    std::filesystem::remove(directory.File(name), error);
  }
  return absl::OkStatus();
}

// The file that the network comes from, if it comes from one.
absl::StatusOr<std::vector<SourceFile>> ModelFiles(const RunSpec& spec) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice, Models().Bind(spec.model));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Models().Find(choice.name));
  if (entry->info.weights_from.empty()) return std::vector<SourceFile>();
  const std::string& path = choice.params.String(entry->info.weights_from);
  NCLAB_ASSIGN_OR_RETURN(const std::string sum, Sha256OfFile(path));
  return std::vector<SourceFile>{{path, sum, false}};
}

ManifestFacts Facts(const RunSpec& spec, const RunSpec& shown,
                    const RunOptions& options, const OpenRun& run) {
  const Setup& setup = run.setup;
  const TrainedModel& trained = run.step->trained();
  ManifestFacts facts;
  facts.commit = options.commit;
  facts.device = setup.device.str();
  facts.gpu = GpuName(setup.device);
  facts.threads = at::get_num_threads();
  facts.classes = setup.dataset.classes();
  facts.files = SourceFiles(setup.dataset.files);
  facts.train_samples = setup.train.labels.size(0);
  facts.steps_per_epoch = setup.pieces.stream->steps_per_epoch();
  facts.side_by_side = options.side_by_side;
  facts.choices = ChoicesOf(shown);
  facts.rewrites = trained.rewrites.words();
  facts.rewrites_left_out = trained.left_out;
  facts.channels_last = trained.channels_last;
  facts.recorded = run.step->recorded();
  facts.products = spec.precision == "fp32" && setup.device.is_cpu() &&
                           ProductsHere() == ProductsOf::kOneDnn
                       ? "oneDNN"
                       : "LibTorch";
  facts.libtorch = NCLAB_LIBTORCH_VERSION;
  facts.libtorch_variant = NCLAB_LIBTORCH_VARIANT;
  return facts;
}

// What the run was asked for before, and `canonical`.
absl::Status AddRecorded(const RunDirectory& directory,
                         const RunSpec& canonical, RunSpec& spec) {
  NCLAB_ASSIGN_OR_RETURN(const Measurement there,
                         directory.ReadMeasurement(canonical));
  spec = canonical;
  static_cast<Measurement&>(spec) = Union(there, canonical);
  return absl::OkStatus();
}

// A run that has begun keeps its grid, but for checkpoints ahead that are asked
// for since.
void SetGrid(OpenRun& run) {
  std::vector<int64_t>& grid = run.spec.grid;
  if (grid.empty()) {
    grid = EvaluationSteps(run.spec, run.setup.evaluated.labels.size(0) +
                                         run.setup.test.labels.size(0));
    return;
  }
  for (const int64_t step : run.spec.save_steps) {
    if (step > run.point.step) grid.push_back(step);
  }
  std::sort(grid.begin(), grid.end());
  grid.erase(std::unique(grid.begin(), grid.end()), grid.end());
}

// The outcome of a run that is through, once metrics.csv has what is asked.
absl::StatusOr<Opened> Reviewed(const RunSpec& canonical,
                                const RunOptions& options, OpenRun& run) {
  const RunDirectory& directory = run.directory;
  const auto is_answered = [&] {
    const auto there = directory.ReadMeasurement(canonical);
    return directory.Answered() &&
           (directory.Diverged() || (there.ok() && Covers(*there, canonical)));
  };
  if (!is_answered()) {
    NCLAB_ASSIGN_OR_RETURN(const bool locked, Lock(options, run));
    if (!locked) return RunOutcome{RunOutcome::State::kStopped, 0, ""};
    if (!is_answered()) {
      run.log.emplace(directory.File("log.txt"));
      NCLAB_RETURN_IF_ERROR(AddRecorded(directory, canonical, run.spec));
      const absl::Status made = MakeView(run.spec, options, directory);
      if (absl::IsCancelled(made)) {
        return RunOutcome{RunOutcome::State::kStopped, 0, ""};
      }
      NCLAB_RETURN_IF_ERROR(made);
    }
  }
  return *Finished(canonical, directory);
}

}  // namespace

absl::StatusOr<Opened> Open(const RunSpec& canonical,
                            const RunOptions& options) {
  const RunDirectory directory(options.directory);
  auto run = std::make_unique<OpenRun>(directory);
  NCLAB_RETURN_IF_ERROR(CheckRunSpec(directory.path(), canonical));
  NCLAB_RETURN_IF_ERROR(AddRecorded(directory, canonical, run->spec));
  if (Finished(canonical, directory)) {
    NCLAB_RETURN_IF_ERROR(
        DataAtHand(options.data_dir).CheckStarted(directory.path(), canonical));
    return Reviewed(canonical, options, *run);
  }
  NCLAB_RETURN_IF_ERROR(CheckAsked(directory.path(), canonical));
  NCLAB_ASSIGN_OR_RETURN(run->setup, MakeSetup(run->spec, options));
  // Before anything is written.
  const bool fresh = directory.CheckpointSteps().empty();
  if (fresh) {
    NCLAB_RETURN_IF_ERROR(StartFromItsParent(canonical, options, run->setup));
  }
  NCLAB_RETURN_IF_ERROR(CheckRunSpec(directory.path(), canonical));
  NCLAB_RETURN_IF_ERROR(directory.Begin(canonical));
  NCLAB_ASSIGN_OR_RETURN(const bool locked, Lock(options, *run));
  if (!locked) {
    return RunOutcome{RunOutcome::State::kStopped, 0, ""};
  }
  NCLAB_RETURN_IF_ERROR(
      CheckRunData(directory.path(), SourceFiles(run->setup.dataset.files)));
  // Perhaps by the process waited for.
  if (Finished(canonical, directory)) {
    return Reviewed(canonical, options, *run);
  }
  run->log.emplace(directory.File("log.txt"));
  NCLAB_RETURN_IF_ERROR(CleanUp(directory));
  NCLAB_RETURN_IF_ERROR(AddRecorded(directory, canonical, run->spec));
  NCLAB_ASSIGN_OR_RETURN(run->point,
                         FindResumePoint(directory, run->spec.grid,
                                         run->setup.evaluation.statistics));
  SetGrid(*run);
  NCLAB_RETURN_IF_ERROR(directory.WriteMeasurement(run->spec));
  if (run->point.step < 0 && !fresh) {
    NCLAB_RETURN_IF_ERROR(StartFromItsParent(canonical, options, run->setup));
  }
  NCLAB_ASSIGN_OR_RETURN(run->step, Step::Make(canonical, options, run->setup));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec shown, Shown(canonical));
  ManifestFacts facts = Facts(canonical, shown, options, *run);
  NCLAB_ASSIGN_OR_RETURN(facts.model_files, ModelFiles(canonical));
  NCLAB_RETURN_IF_ERROR(CheckModelFiles(directory.path(), facts.model_files));
  NCLAB_RETURN_IF_ERROR(BeginManifest(directory.path(), facts));
  LOG(INFO) << DescribeRecipe(shown);
  return Opened(std::move(run));
}

}  // namespace nclab
