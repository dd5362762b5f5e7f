// One run: from a spec to a finished run directory.
#ifndef NCLAB_EXPERIMENTS_TRAINING_TRAINING_H_
#define NCLAB_EXPERIMENTS_TRAINING_TRAINING_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "experiments/recipes/recording/recorder.h"
#include "experiments/records/progress.h"
#include "experiments/spec/run_spec.h"

namespace nclab {

// How to run; nothing here changes the numbers except, in their rounding,
// device, threads and rewrite, which the manifest records.
struct RunOptions {
  std::string directory;
  // Of the run that the spec starts from; "": the sibling of `directory` that
  // bears its name.
  std::string parent_directory;
  std::string data_dir;         // "": the default places
  bool fetch = false;           // missing official files may be downloaded
  std::string device = "auto";  // auto, cpu, cuda, cuda:N
  int threads = 0;              // 0: one per core
  bool rewrite = true;          // exact rewrites where they apply
  // Records the step where the device can; null: every step is given to it
  // piece by piece.
  std::function<std::unique_ptr<Recorder>(c10::Device)> make_recorder =
      MakeRecorder;
  // For benchmarks alone, which set them to see what they cost: kernels that
  // always add in the same order, and convolutions' weights channels-last.
  // Train() is always deterministic.
  bool deterministic = true;
  bool channels_last = true;
  int side_by_side = 1;  // runs at a time, for the manifest
  absl::Duration checkpoint_every = absl::Minutes(2);
  std::string commit;  // of the source tree, for the manifest
  std::function<void(const Progress&)> on_progress;  // about once a second
  // Asked every step and every batch of an evaluation; once true, true.
  std::function<bool()> stop_requested;
  // If another process has the directory: wait until it is through, rather
  // than say who it is.
  bool wait_for_lock = false;
};

struct RunOutcome {
  enum class State { kDone, kStopped, kDiverged };
  State state = State::kDone;
  int64_t step = 0;
  std::string reason;  // of kDiverged
};

// Trains, evaluates, checkpoints and records. A finished directory of the same
// spec, whose data are the same or not at hand, returns at once, a started one
// goes on from its last whole checkpoint (docs/running.md says what follows
// from damage).
// kDiverged is a run whose loss stopped being a number, which is a result, too:
// FAILED says where, and the directory returns at once from then on.
// \error kInvalidArgument or kNotFound if spec, data, device or layer names
// are wrong, before anything is written; kFailedPrecondition if the directory
// holds something else or was made from other data, is in use (says by whom),
// or cannot be written; kResourceExhausted if the disk is full; kDataLoss if a
// file was damaged while the run went on. After these two the same call goes on
// from the last checkpoint.
absl::StatusOr<RunOutcome> Train(const RunSpec& canonical,
                                 const RunOptions& options);

// Checks all that Train() would check before it writes (loads the data, builds
// the model), then measures: `steps` SGD steps, or as many as `at_most` allows,
// and one batch of an evaluation. Writes nothing.
// \error as Train().
absl::StatusOr<RunCost> MeasureCost(const RunSpec& canonical,
                                    const RunOptions& options, int steps = 10,
                                    absl::Duration at_most = absl::Seconds(2));

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_TRAINING_H_
