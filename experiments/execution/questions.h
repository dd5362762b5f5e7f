// What only a worker's program can say, which alone links models, datasets,
// metrics and LibTorch.
//
// One process answers, from the first question to End(). A question is a line
// of JSON on its standard input, {"ask": NAME, ...}; the answer a line on its
// standard output, {...} or {"code": N, "message": TEXT} of an absl::Status.
// Directories and messages may be no UTF-8: absl::CEscape() has escaped them.
// The other side is experiments/execution/in_worker/answers.cc.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_QUESTIONS_H_
#define NCLAB_EXPERIMENTS_EXECUTION_QUESTIONS_H_

#include <sys/types.h>

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/execution/execution.h"
#include "experiments/records/progress.h"
#include "experiments/spec/run_spec.h"
#include "nlohmann/json_fwd.hpp"

namespace nclab {

// All of them: \error kInternal if the process cannot be started or ends
// without an answer, kCancelled if this one was asked to stop meanwhile.
class Questions {
 public:
  // `options` must outlive it.
  explicit Questions(const ExecutionOptions& options) : options_(options) {}
  ~Questions() { End(); }
  Questions(const Questions&) = delete;
  Questions& operator=(const Questions&) = delete;

  // As Canonical() and Shown() of experiments/spec/canonical.h.
  absl::StatusOr<RunSpec> Canonical(const RunSpec& spec);
  absl::StatusOr<RunSpec> Shown(const RunSpec& canonical);
  // As DataAtHand of experiments/training/data/data_check.h.
  absl::Status CheckStarted(const std::string& run_directory,
                            const RunSpec& canonical);
  absl::StatusOr<bool> Fits(const std::string& run_directory,
                            const RunSpec& canonical);
  // As MeasureCost() of experiments/training/training.h.
  absl::StatusOr<RunCost> Cost(const RunSpec& canonical, bool fetch,
                               int threads);
  // How many GPUs runs on options.device share out; 0: they are on the CPU.
  // \error as FindDevice().
  absl::StatusOr<int> Gpus();

  // Ends the process; with it goes what it holds of the GPU.
  void End();

 private:
  absl::Status Start();
  absl::Status Ask(const nlohmann::json& question, nlohmann::json& answer);
  // Up to the end of a line. \error if none comes.
  absl::StatusOr<std::string> ReadLine();

  const ExecutionOptions& options_;
  pid_t pid_ = 0;
  int socket_ = -1;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_QUESTIONS_H_
