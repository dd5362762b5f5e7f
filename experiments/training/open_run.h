// A run that this process works on: its directory, under its lock.
#ifndef NCLAB_EXPERIMENTS_TRAINING_OPEN_RUN_H_
#define NCLAB_EXPERIMENTS_TRAINING_OPEN_RUN_H_

#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/records/manifest.h"
#include "experiments/records/run_directory.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/checkpoints/resume.h"
#include "experiments/training/setup.h"
#include "experiments/training/training.h"
#include "tools/base/files/files.h"

namespace nclab {

// Call Open(), FindPoint(), TakeSetup(), and BeginManifest() last.
class OpenRun {
 public:
  // Both must outlive it.
  OpenRun(const RunSpec& canonical, const RunOptions& options)
      : spec_(canonical), options_(options), directory_(options.directory) {}

  // What to say of a run that is through, whichever run it is; nothing if it is
  // not.
  std::optional<RunOutcome> Finished() const;

  // Makes the model, and the directory ready to be written. With `data` of the
  // spec. An outcome if there is nothing to do after all. \error as Train().
  absl::StatusOr<std::optional<RunOutcome>> Open(RunData data);

  // Where it goes on. \error as FindResumePoint().
  absl::StatusOr<ResumePoint> FindPoint() const;

  // The setup, ready for a trainer that starts at `point`.
  absl::StatusOr<Setup> TakeSetup(const ResumePoint& point);

  // `recorded`: as in ManifestFacts.
  absl::Status BeginManifest(const Setup& setup, bool recorded) const;

 private:
  absl::Status StartFromItsParent();

  const RunSpec& spec_;
  const RunOptions& options_;
  RunDirectory directory_;
  Setup setup_;
  bool fresh_ = false;  // there was no checkpoint
  FileLock lock_;
  std::optional<RunLog> log_;
};

// `status` with what to do about it, where that is known.
absl::Status WithAdvice(const absl::Status& status);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_OPEN_RUN_H_
