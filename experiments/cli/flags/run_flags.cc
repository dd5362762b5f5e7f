#include "experiments/cli/flags/run_flags.h"

#include <gflags/gflags.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/base/process/source_commit.h"
#include "tools/base/status_macros.h"

DEFINE_string(device, "auto", "where to compute: auto, cpu, cuda or cuda:N");
DEFINE_string(data_dir, "",
              "where the datasets' official files are; default: nclab/data "
              "under the user's cache directory, then the pinned copies");
DEFINE_string(fetch, "auto",
              "whether missing official files are downloaded at first use: "
              "auto or never");
DEFINE_int32(jobs, 0,
             "(0..10000) runs side by side; 0: chosen for this machine");
DEFINE_int32(threads, 0,
             "(0..1024) threads of a run; 0: the cores divided by --jobs");
DEFINE_string(
    rewrite, "on",
    "exact rewrites of work that small images waste (dead "
    "positions of kernels, pooled and repeated copies): on, or off to compare");
DEFINE_string(cuda_graph, "on",
              "on CUDA, the step recorded once and replayed: on, or off to "
              "compare");
DEFINE_string(checkpoint_every, "2m", "time between checkpoints, as 30s or 2m");
DEFINE_string(time_limit, "",
              "stop after this time as by a signal, everything saved; as 2h or "
              "90m; default: never");
DEFINE_string(source_commit, "", "(internal) commit for the manifest");

namespace nclab {
namespace {

// \error kInvalidArgument names the flag.
absl::StatusOr<absl::Duration> DurationFromFlag(const std::string& flag,
                                                const std::string& text) {
  absl::Duration duration;
  if (absl::ParseDuration(text, &duration) &&
      duration >= absl::Milliseconds(1) && duration <= absl::Hours(10'000)) {
    return duration;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("--", flag, " is '", text,
                   "'; expected a duration such as 30s, 2m or 1h, from 1ms to "
                   "10000h."));
}

// Whether a flag has the first of its two values. \error kInvalidArgument.
absl::StatusOr<bool> FirstOfTwo(const std::string& flag,
                                const std::string& text,
                                const std::string& first,
                                const std::string& second) {
  if (text == first || text == second) return text == first;
  return absl::InvalidArgumentError(absl::StrCat(
      "--", flag, " is '", text, "'; expected ", first, " or ", second, "."));
}

}  // namespace

absl::Status BeStoppable(absl::Duration grace) {
  InstallStopHandlers(grace);
  if (FLAGS_time_limit.empty()) return absl::OkStatus();
  NCLAB_ASSIGN_OR_RETURN(const absl::Duration limit,
                         DurationFromFlag("time_limit", FLAGS_time_limit));
  StopAfter(limit);
  return absl::OkStatus();
}

absl::StatusOr<ExecutionOptions> ExecutionOptionsFromFlags() {
  ExecutionOptions options;
  options.device = FLAGS_device;
  options.data_dir = FLAGS_data_dir.empty() ? "" : UserPath(FLAGS_data_dir);
  if (!options.data_dir.empty() && !DirectoryExists(options.data_dir)) {
    return absl::InvalidArgumentError(
        absl::StrCat("--data_dir=", FLAGS_data_dir, " is not a directory."));
  }
  NCLAB_ASSIGN_OR_RETURN(options.fetch,
                         FirstOfTwo("fetch", FLAGS_fetch, "auto", "never"));
  NCLAB_ASSIGN_OR_RETURN(options.rewrite,
                         FirstOfTwo("rewrite", FLAGS_rewrite, "on", "off"));
  NCLAB_ASSIGN_OR_RETURN(
      options.cuda_graph,
      FirstOfTwo("cuda_graph", FLAGS_cuda_graph, "on", "off"));
  options.jobs = FLAGS_jobs;
  options.threads = FLAGS_threads;
  NCLAB_ASSIGN_OR_RETURN(
      options.checkpoint_every,
      DurationFromFlag("checkpoint_every", FLAGS_checkpoint_every));
  options.commit =
      FLAGS_source_commit.empty() ? SourceCommit() : FLAGS_source_commit;
  return options;
}

}  // namespace nclab
