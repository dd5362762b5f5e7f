// A run that this process works on: under its lock, its manifest begun, its
// step ready.
#ifndef NCLAB_EXPERIMENTS_TRAINING_RUN_OPEN_RUN_H_
#define NCLAB_EXPERIMENTS_TRAINING_RUN_OPEN_RUN_H_

#include <memory>
#include <optional>
#include <utility>
#include <variant>

#include "absl/status/statusor.h"
#include "experiments/records/manifest.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/resume.h"
#include "experiments/training/run/setup.h"
#include "experiments/training/run/step.h"
#include "experiments/training/training.h"
#include "tools/base/files/files.h"

namespace nclab {

// Made by Open() alone, which makes it whole. Not movable: the step refers to
// the setup.
struct OpenRun {
  explicit OpenRun(RunDirectory at) : directory(std::move(at)) {}
  OpenRun(const OpenRun&) = delete;
  OpenRun& operator=(const OpenRun&) = delete;

  RunDirectory directory;
  RunSpec spec;  // with all that was ever asked of the run, and its grid
  FileLock lock;
  std::optional<RunLog> log;
  Setup setup;
  ResumePoint point;  // whose checkpoint, if any, is still to be loaded
  std::unique_ptr<Step> step;
};

using Opened = std::variant<RunOutcome, std::unique_ptr<OpenRun>>;

// Opens the run of `options.directory`; or says its outcome, if there is
// nothing to train: it is through, and its view was made where more is asked;
// or a stop came while another process had it. `options` must outlive it.
// \error as Train().
absl::StatusOr<Opened> Open(const RunSpec& canonical,
                            const RunOptions& options);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_RUN_OPEN_RUN_H_
