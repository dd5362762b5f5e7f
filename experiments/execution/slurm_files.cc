#include "experiments/execution/slurm_files.h"

#include <algorithm>
#include <filesystem>
#include <map>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "experiments/execution/slurm_commands.h"
#include "experiments/execution/worker.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/shell_words.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Paths of array-N.txt by N.
std::map<int, std::string> Lists(const std::string& directory) {
  std::map<int, std::string> lists;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(directory, error)) {
    const std::string name = entry.path().filename().string();
    absl::string_view digits = name;
    int n;
    if (absl::ConsumePrefix(&digits, "array-") &&
        absl::ConsumeSuffix(&digits, ".txt") && absl::SimpleAtoi(digits, &n)) {
      lists[n] = entry.path().string();
    }
  }
  return lists;
}

// What a task does. Slurm's signals reach the script; the worker saves, and a
// task whose time is nearly up goes back to the queue.
std::string Script(const std::string& list,
                   const std::vector<std::string>& command) {
  std::vector<std::string> words;
  for (const std::string& word : command) words.push_back(ShellWord(word));
  return absl::StrCat(R"(#!/bin/bash
# Written by nclab: one run per task, the same at every start of the task.
run=$(sed -n "$((SLURM_ARRAY_TASK_ID + 1))p" )",
                      ShellWord(list), R"()
echo "$(date +%FT%TZ) start ${SLURM_RESTART_COUNT:-0} on $(hostname): $run"
)",
                      absl::StrJoin(words, " "), R"( --worker="$run" &
worker=$!
again=
trap 'signalled=1; again=1; kill -USR1 $worker' USR1
trap 'signalled=1; again=; kill -TERM $worker' TERM
while :; do
  signalled=
  wait $worker
  status=$?
  [[ -n $signalled ]] || break
done
# 75: stopped with everything saved. After TERM Slurm itself knows what is next:
# a preempted task is requeued already, a cancelled one is not wanted.
if [[ $status == 75 && -n $again ]]; then
  scontrol requeue "$SLURM_JOB_ID"
fi
exit $status
)");
}

}  // namespace

absl::StatusOr<std::vector<SubmittedArray>> ReadArrays(
    const std::string& slurm_directory) {
  std::vector<SubmittedArray> arrays;
  for (const auto& [n, list] : Lists(slurm_directory)) {
    // Without a job id it was never submitted.
    const absl::StatusOr<std::string> job =
        ReadFile(absl::StrCat(slurm_directory, "/array-", n, ".job"));
    if (!job.ok()) continue;
    NCLAB_ASSIGN_OR_RETURN(const std::string text, ReadFile(list));
    arrays.push_back({std::string(absl::StripAsciiWhitespace(*job)),
                      absl::StrSplit(text, '\n', absl::SkipEmpty())});
  }
  return arrays;
}

absl::StatusOr<std::string> WriteAndSubmit(
    const std::vector<std::string>& directories,
    const ExecutionOptions& options, const std::set<std::string>& after) {
  const std::string& directory = options.slurm_directory;
  const std::map<int, std::string> lists = Lists(directory);
  const std::string stem = absl::StrCat(
      directory, "/array-", lists.empty() ? 1 : lists.rbegin()->first + 1);
  const Slots slots = ChooseSlots(options, directories.size(), 1);
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(
      stem + ".txt", absl::StrJoin(directories, "\n") + "\n"));
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(
      stem + ".sh", Script(stem + ".txt", WorkerCommand(options, slots))));
  const absl::StatusOr<std::string> job =
      SubmitArray({options.name,
                   stem + ".sh",
                   // Of "%" in the path sbatch would make something else.
                   absl::StrReplaceAll(directory, {{"%", "%%"}}) + "/%A_%a.log",
                   static_cast<int64_t>(directories.size()),
                   options.jobs,
                   slots.threads,
                   {after.begin(), after.end()},
                   options.slurm_args});
  if (!job.ok()) {
    std::error_code error;
    fs::remove(stem + ".txt", error);
    fs::remove(stem + ".sh", error);
    return job;
  }
  NCLAB_RETURN_IF_ERROR(WriteFileAtomically(stem + ".job", *job + "\n"));
  return job;
}

std::string LastWords(const std::string& slurm_directory,
                      const std::string& job, size_t task) {
  const absl::StatusOr<std::string> log =
      ReadFile(absl::StrCat(slurm_directory, "/", job, "_", task, ".log"));
  if (!log.ok()) return "";
  const absl::string_view text = absl::StripTrailingAsciiWhitespace(*log);
  const size_t end = text.rfind('\n');
  const absl::string_view line = end == text.npos ? "" : text.substr(end + 1);
  return std::string(line);
}

}  // namespace nclab
