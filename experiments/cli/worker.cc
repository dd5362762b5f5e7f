// The program of worker processes, the only one that figures and sweeps start:
// trains one run, or answers what only models, datasets and metrics can say.
#include <gflags/gflags.h>
#include <stdlib.h>

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/execution/in_worker/answers.h"
#include "experiments/execution/in_worker/run.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"

DEFINE_string(worker, "", "(internal) run directory");
DEFINE_bool(answer, false, "(internal) answers questions on standard input");
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
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions options,
                         ExecutionOptionsFromFlags());
  if (!FLAGS_answer) {
    return WorkerMain(FLAGS_worker, options, FLAGS_worker_parent);
  }
  FLAGS_logtostderr = false;
  FLAGS_stderrthreshold = google::ERROR;
  return AnswerQuestions(options, FLAGS_worker_parent);
}

// Its files are among those of the program that started it.
void FindRunfiles(absl::string_view self) {
  if (absl::ConsumeSuffix(&self, "/nclab/experiments/cli/worker")) {
    setenv("RUNFILES_DIR", std::string(self).c_str(), /*overwrite=*/0);
  }
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  nclab::FindRunfiles(argv[0]);
  return nclab::RunMain(
      argc, argv,
      {"Trains one run of a figure or a sweep, which start it.", nclab::Run});
}
