#include "experiments/cli/flags/launch_flags.h"

#include <gflags/gflags.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/cli/flags/run_flags.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/numbers.h"
#include "tools/base/text/shell_words.h"

DEFINE_string(
    launcher, "local",
    "where the runs go: local (processes here) or slurm (a job array; "
    "--jobs tasks at a time, 0: as many as Slurm likes)");
DEFINE_string(slurm_args, "",
              "further arguments of sbatch, separated and quoted as in a "
              "shell: '--partition=gpu --gres=gpu:1 --time=4:00:00'");

namespace nclab {

absl::StatusOr<ExecutionOptions> BatchOptionsFromFlags() {
  NCLAB_ASSIGN_OR_RETURN(ExecutionOptions options, ExecutionOptionsFromFlags());
  options.worker = Runfile("experiments/cli/worker");
  if (!options.worker.empty()) return options;
  return absl::InternalError(
      "The program that trains, experiments/cli/worker, is not among this "
      "program's files. Start it by bazel run.");
}

absl::Status AddLauncher(const std::string& name, const std::string& out,
                         Questions& questions, ExecutionOptions& options) {
  if (FLAGS_launcher != "local" && FLAGS_launcher != "slurm") {
    return absl::InvalidArgumentError(absl::StrCat(
        "--launcher is '", FLAGS_launcher, "'; expected local or slurm."));
  }
  options.slurm = FLAGS_launcher == "slurm";
  if (!options.slurm && !FLAGS_slurm_args.empty()) {
    return absl::InvalidArgumentError("--slurm_args needs --launcher=slurm.");
  }
  if (!options.slurm) {
    NCLAB_ASSIGN_OR_RETURN(options.gpus, questions.Gpus());
  }
  if (options.slurm && out.find_first_of("\\\n") != std::string::npos) {
    return absl::InvalidArgumentError(absl::StrCat(
        "--out ", out,
        " has a backslash or a line's end, which sbatch and the lists of runs "
        "read otherwise. Choose another directory."));
  }
  absl::StatusOr<std::vector<std::string>> more =
      SplitShellWords(FLAGS_slurm_args);
  NCLAB_RETURN_IF_ERROR(Annotate(more.status(), "--slurm_args"));
  options.slurm_args = *std::move(more);
  options.slurm_directory = out + "/slurm";
  options.name = "nclab-" + name;
  return absl::OkStatus();
}

absl::StatusOr<std::string> AutoPreset(const std::string& device,
                                       Questions& questions) {
  const bool elsewhere = FLAGS_launcher == "slurm";
  if (elsewhere && absl::StartsWith(device, "cuda")) return "paper";
  NCLAB_ASSIGN_OR_RETURN(const int gpus, questions.Gpus());
  if (gpus > 0) return "paper";
  if (elsewhere && device == "auto") {
    return absl::InvalidArgumentError(
        "--preset=auto chooses by this machine, which has no GPU; the nodes of "
        "the cluster may have. Say which: --preset=paper, --preset=small or "
        "another.");
  }
  return "small";
}

std::string DescribeSlots(const Slots& slots, std::optional<double> seconds) {
  if (!seconds) {
    return absl::StrCat(
        ", as tasks of Slurm",
        slots.jobs > 0 ? absl::StrCat(", ", slots.jobs, " at a time") : "");
  }
  return absl::StrCat(", ", slots.jobs, " side by side with ", slots.threads,
                      slots.threads == 1 ? " thread" : " threads",
                      " each: about ",
                      DescribeDuration(absl::Seconds(*seconds)));
}

}  // namespace nclab
