#include "experiments/execution/slurm_commands.h"

#include <unistd.h>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "tools/base/process/subprocess.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr size_t kMaxOutput = size_t{1} << 26;  // a queue of 10^6 tasks

// Runs one of Slurm's commands. \error kNotFound if there is none.
absl::StatusOr<ProgramResult> Ask(const std::vector<std::string>& argv) {
  absl::StatusOr<ProgramResult> result =
      RunProgram(argv, {.max_output = kMaxOutput});
  if (absl::IsNotFound(result.status())) {
    return absl::NotFoundError(absl::StrCat(
        "--launcher=slurm needs ", argv[0],
        ", which is not on the PATH: there is no Slurm here. Run this on a "
        "login node of the cluster, or with --launcher=local."));
  }
  return result;
}

// The value of "key=value" among blank-separated words.
std::string ValueOf(absl::string_view key, absl::string_view words) {
  for (const absl::string_view word :
       absl::StrSplit(words, absl::ByAnyChar(" \n"), absl::SkipEmpty())) {
    if (absl::StartsWith(word, key) && word.size() > key.size() &&
        word[key.size()] == '=') {
      return std::string(word.substr(key.size() + 1));
    }
  }
  return "";
}

}  // namespace

// Words of squeue's reason: JobHeldAdmin, JobHeldUser, JobHoldMaxRequeue,
// "launch failed requeued held", "job requeued in held state".
bool QueuedTask::NeverStarts() const {
  if (state == "RUNNING") return false;
  const std::string lower = absl::AsciiStrToLower(reason);
  return state == "SPECIAL_EXIT" || absl::StrContains(lower, "held") ||
         absl::StrContains(lower, "holdmaxrequeue") ||
         absl::StrContains(lower, "neversatisfied") ||
         absl::StrContains(lower, "badconstraints");
}

bool QueuedTask::WaitsItsTurn() const {
  for (const char* usual : {"", "None", "Resources", "Priority", "Dependency",
                            "JobArrayTaskLimit", "BeginTime", "Cleaning"}) {
    if (reason == usual) return true;
  }
  return state != "PENDING";
}

absl::StatusOr<std::map<std::string, QueuedTask>> SlurmQueue() {
  NCLAB_ASSIGN_OR_RETURN(
      const ProgramResult squeue,
      Ask({"squeue", "--array", "--noheader", "--user", absl::StrCat(getuid()),
           "--format", "%F_%K|%T|%r"}));
  if (squeue.exit_code != 0) {
    return absl::UnavailableError(absl::StrCat(
        "squeue does not answer: ", absl::StripAsciiWhitespace(squeue.output)));
  }
  std::map<std::string, QueuedTask> queue;
  for (const absl::string_view line :
       absl::StrSplit(squeue.output, '\n', absl::SkipEmpty())) {
    const std::vector<std::string> fields = absl::StrSplit(line, '|');
    if (fields.size() == 3) queue[fields[0]] = {fields[1], fields[2]};
  }
  return queue;
}

int64_t SlurmMaxTasks() {
  constexpr int64_t kDefault = 1001;
  const absl::StatusOr<ProgramResult> config =
      Ask({"scontrol", "show", "config"});
  if (!config.ok()) return kDefault;
  for (const absl::string_view line : absl::StrSplit(config->output, '\n')) {
    if (!absl::StartsWith(line, "MaxArraySize")) continue;
    int64_t size;
    if (absl::SimpleAtoi(line.substr(line.find('=') + 1), &size) && size > 0) {
      return size;
    }
  }
  return kDefault;
}

absl::StatusOr<std::string> SubmitArray(const ArrayRequest& request) {
  std::string array = absl::StrCat("--array=0-", request.tasks - 1);
  if (request.throttle > 0) absl::StrAppend(&array, "%", request.throttle);
  std::vector<std::string> argv = {
      "sbatch", "--parsable", array, "--job-name=" + request.name,
      "--output=" + request.logs,
      absl::StrCat("--cpus-per-task=", request.threads), "--ntasks=1",
      "--requeue", "--open-mode=append",
      // A minute before the time is up; the script passes it on.
      "--signal=B:USR1@60"};
  if (!request.after.empty()) {
    argv.push_back("--dependency=afterany:" +
                   absl::StrJoin(request.after, ":"));
  }
  argv.insert(argv.end(), request.more.begin(), request.more.end());
  argv.push_back(request.script);
  NCLAB_ASSIGN_OR_RETURN(const ProgramResult sbatch, Ask(argv));
  if (sbatch.exit_code == 0) {
    // "12" or "12;cluster", after what warnings there are.
    for (const absl::string_view line :
         absl::StrSplit(sbatch.output, '\n', absl::SkipEmpty())) {
      const std::string id(line.substr(0, line.find(';')));
      int64_t number;
      if (absl::SimpleAtoi(id, &number)) return id;
    }
  }
  return absl::InvalidArgumentError(
      absl::StrCat("Slurm refused the job array (", absl::StrJoin(argv, " "),
                   "): ", absl::StripAsciiWhitespace(sbatch.output),
                   ". --slurm_args has what your cluster needs, as "
                   "'--partition=gpu --gres=gpu:1 --time=4:00:00'."));
}

std::string SlurmEndOf(const std::string& task) {
  const absl::StatusOr<ProgramResult> job =
      Ask({"scontrol", "show", "job", "--oneliner", task});
  if (!job.ok() || job->exit_code != 0) return "";
  const std::string state = ValueOf("JobState", job->output);
  if (state.empty()) return "";
  return absl::StrCat(state, ", exit code ", ValueOf("ExitCode", job->output));
}

}  // namespace nclab
