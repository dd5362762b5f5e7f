// The program of worker processes, the only one that figures and sweeps start:
// trains one run, or answers what only models, datasets and metrics can say.
#include <gflags/gflags.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/execution/in_worker/answers.h"
#include "experiments/execution/in_worker/run.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

DEFINE_string(worker, "", "(internal) run directory");
DEFINE_bool(answer, false, "(internal) answers questions on standard input");
DEFINE_string(started_by, "",
              "(internal) the program among whose files its own are");
DEFINE_int32(worker_parent, 0,
             "(internal) process with which a worker ends; 0: none");

namespace nclab {
namespace {

absl::StatusOr<int> Run(const std::vector<std::string>& arguments) {
  if (!arguments.empty() || FLAGS_worker.empty() == !FLAGS_answer) {
    return absl::InvalidArgumentError(
        "worker is started by figures and sweeps; //tools:train trains one "
        "run.");
  }
  if (!FLAGS_started_by.empty()) {
    setenv("RUNFILES_DIR", (FLAGS_started_by + ".runfiles").c_str(),
           /*overwrite=*/0);
  }
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions options,
                         ExecutionOptionsFromFlags());
  if (!FLAGS_answer) {
    return WorkerMain(FLAGS_worker, options, FLAGS_worker_parent);
  }
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  return AnswerQuestions(options, FLAGS_worker_parent);
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Trains one run of a figure or a sweep, which start it.", nclab::Run});
}
