// //tools:train: one run from flags into a run directory.
#include <gflags/gflags.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "experiments/cli/flags/field_flags.h"
#include "experiments/cli/flags/run_flags.h"
#include "experiments/execution/in_worker/run.h"
#include "experiments/execution/progress/progress.h"
#include "experiments/records/progress.h"
#include "experiments/spec/canonical.h"
#include "experiments/spec/fields.h"
#include "experiments/spec/run_spec.h"
#include "experiments/training/training.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/logging.h"
#include "tools/base/process/main.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"

DEFINE_string(out, "", "run directory; default: nclab-out/train/<run>");
DEFINE_string(init_from, "",
              "finished run directory whose checkpoint this run starts from");
DEFINE_string(init_step, "", "step of that checkpoint; default: its last");

namespace nclab {
namespace {

absl::StatusOr<RunSpec> SpecFromFlags() {
  RunSpec spec;
  NCLAB_ASSIGN_OR_RETURN(const auto settings, SettingsFromFlags());
  for (const auto& [key, value] : settings) {
    NCLAB_RETURN_IF_ERROR(SetField(spec, key, value));
  }
  if (FLAGS_init_from.empty() && !FLAGS_init_step.empty()) {
    return absl::InvalidArgumentError("--init_step needs --init_from.");
  }
  if (!FLAGS_init_from.empty()) {
    NCLAB_ASSIGN_OR_RETURN(spec.init_from,
                           ReadFile(UserPath(FLAGS_init_from) + "/spec.json"));
    NCLAB_ASSIGN_OR_RETURN(const RunSpec parent,
                           RunSpecFromJson(spec.init_from));
    spec.init_step = parent.steps;
    if (!FLAGS_init_step.empty()) {
      NCLAB_ASSIGN_OR_RETURN(const std::vector<int64_t> steps,
                             ParseIntList("--init_step", FLAGS_init_step));
      if (steps.size() != 1) {
        return absl::InvalidArgumentError("--init_step is one step.");
      }
      spec.init_step = steps[0];
    }
  }
  return Canonical(spec);
}

absl::StatusOr<int> Run(const std::vector<std::string>&) {
  NCLAB_RETURN_IF_ERROR(BeStoppable());
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, SpecFromFlags());
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions execution,
                         ExecutionOptionsFromFlags());
  RunOptions options = RunOptionsIn(
      UserPath(FLAGS_out.empty()
                   ? absl::StrCat("nclab-out/train/", RunName(spec))
                   : FLAGS_out),
      execution);
  if (!FLAGS_init_from.empty()) {
    options.parent_directory = UserPath(FLAGS_init_from);
  }
  NCLAB_ASSIGN_OR_RETURN(const RunSpec shown, Shown(spec));
  const std::string recipe = DescribeRecipe(shown);
  ProgressDisplay display;
  options.on_progress = [&](const Progress& progress) {
    WriteProgressFile(options.directory, progress);
    display.Show(recipe, {{"", progress}});
  };
  FLAGS_stderrthreshold = google::ERROR;
  FLAGS_logtostderr = false;
  NCLAB_ASSIGN_OR_RETURN(const RunOutcome outcome, Train(spec, options));
  display.Clear();
  switch (outcome.state) {
    case RunOutcome::State::kStopped:
      std::fprintf(stderr,
                   "stopped at step %ld of %ld, everything saved: run the "
                   "same command again to go on\n",
                   outcome.step, spec.steps);
      return kExitStopped;
    case RunOutcome::State::kDiverged:
      std::fprintf(stderr, "diverged: %s\n", outcome.reason.c_str());
      [[fallthrough]];
    case RunOutcome::State::kDone:
      std::printf("%s\n", options.directory.c_str());
      return kExitOk;
  }
  return kExitFailed;
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  return nclab::RunMain(
      argc, argv,
      {"Trains one model, measures its collapse, and prints the run's "
       "directory.\n\n  train --dataset='mnist(train_per_class=100)' "
       "--model=mlp --layers=all --steps=2000 --lr=0.001",
       nclab::Run, /*flags_only=*/true});
}
