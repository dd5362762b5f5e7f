// //tools:train: one run from flags into a run directory.
#include <gflags/gflags.h>

#include <cstdio>

#include "absl/strings/str_cat.h"
#include "experiments/cli/run_flags.h"
#include "experiments/execution/progress.h"
#include "experiments/training/run_spec.h"
#include "experiments/training/training.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/logging.h"
#include "tools/base/main.h"
#include "tools/base/numbers.h"
#include "tools/base/signals.h"
#include "tools/base/status_macros.h"

DEFINE_string(out, "", "run directory; default: nclab-out/train/<run>");
// The fields of a run's spec; empty means the default of RunSpec.
DEFINE_string(dataset, "", "for example 'mnist(train_per_class=100)'");
DEFINE_string(model, "", "for example 'mlp(width=1024,depth=3)'");
DEFINE_string(steps, "", "SGD iterations");
DEFINE_string(batch_size, "", "samples per step");
DEFINE_string(lr, "", "initial learning rate");
DEFINE_string(momentum, "", "of SGD");
DEFINE_string(weight_decay, "", "L2 penalty of SGD");
DEFINE_string(schedule, "", "of the learning rate: cosine or constant");
DEFINE_string(stop_train_loss, "", "stop below this mean batch loss");
DEFINE_string(seed, "", "of weights and of the order of samples");
DEFINE_string(precision, "", "fp32, tf32 or bf16");
DEFINE_string(metrics, "", "comma-separated; default: every one");
DEFINE_string(layers, "", "comma-separated, or all; default: features");
DEFINE_string(eval_points, "", "evaluations of the run");
DEFINE_string(save_steps, "", "steps whose checkpoints are kept, as 0,10,20");
DEFINE_string(init_from, "",
              "finished run directory whose checkpoint this run starts from");
DEFINE_string(init_step, "", "step of that checkpoint; default: its last");
DEFINE_string(init_head, "", "the last Linear then: new or keep");
DEFINE_string(train_part, "", "all, or head: the last Linear alone");

namespace nclab {
namespace {

absl::StatusOr<RunSpec> SpecFromFlags() {
  RunSpec spec;
  const std::pair<const char*, const std::string*> fields[] = {
      {"dataset", &FLAGS_dataset},
      {"model", &FLAGS_model},
      {"steps", &FLAGS_steps},
      {"batch_size", &FLAGS_batch_size},
      {"lr", &FLAGS_lr},
      {"momentum", &FLAGS_momentum},
      {"weight_decay", &FLAGS_weight_decay},
      {"schedule", &FLAGS_schedule},
      {"stop_train_loss", &FLAGS_stop_train_loss},
      {"seed", &FLAGS_seed},
      {"precision", &FLAGS_precision},
      {"metrics", &FLAGS_metrics},
      {"layers", &FLAGS_layers},
      {"eval_points", &FLAGS_eval_points},
      {"save_steps", &FLAGS_save_steps},
      {"init_head", &FLAGS_init_head},
      {"train_part", &FLAGS_train_part},
  };
  for (const auto& [key, value] : fields) {
    if (value->empty()) continue;
    NCLAB_RETURN_IF_ERROR(SetField(spec, key, *value));
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

absl::StatusOr<int> Run(const std::vector<std::string>& args) {
  if (!args.empty()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "train takes flags only; what is '", args[0], "'? See --help."));
  }
  InstallStopHandlers();
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, SpecFromFlags());
  NCLAB_ASSIGN_OR_RETURN(const ExecutionOptions execution,
                         ExecutionOptionsFromFlags());
  RunOptions options;
  options.directory = UserPath(
      FLAGS_out.empty() ? absl::StrCat("nclab-out/train/", RunName(spec))
                        : FLAGS_out);
  if (!FLAGS_init_from.empty()) {
    options.parent_directory = UserPath(FLAGS_init_from);
  }
  options.data_dir = execution.data_dir;
  options.fetch = execution.fetch;
  options.device = execution.device;
  options.threads = execution.threads;
  options.checkpoint_every = execution.checkpoint_every;
  options.commit = execution.commit;
  options.stop_requested = StopRequested;
  ProgressDisplay display;
  options.on_progress = [&](const Progress& progress) {
    WriteProgressFile(options.directory, progress);
    display.Show("", {{"", progress}});
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
    case RunOutcome::State::kFailed:
      std::fprintf(stderr, "failed: %s\n", outcome.reason.c_str());
      return kExitFailed;
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
       nclab::Run});
}
