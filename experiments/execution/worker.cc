#include "experiments/execution/worker.h"

#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "experiments/records/run_directory.h"
#include "tools/base/files/files.h"
#include "tools/base/process/subprocess.h"

namespace nclab {
namespace {

// The last line that is not empty; "" if there is none.
std::string LastLine(absl::string_view text) {
  text = absl::StripTrailingAsciiWhitespace(text);
  const size_t end = text.rfind('\n');
  return std::string(end == text.npos ? text : text.substr(end + 1));
}

std::string ReadFromStart(int fd) {
  std::string text;
  char buffer[4096];
  off_t offset = 0;
  for (ssize_t n; (n = pread(fd, buffer, sizeof(buffer), offset)) > 0;) {
    text.append(buffer, static_cast<size_t>(n));
    offset += n;
  }
  return text;
}

}  // namespace

std::vector<std::string> WorkerCommand(const ExecutionOptions& options,
                                       const Slots& slots) {
  std::error_code error;
  const std::string self =
      std::filesystem::read_symlink("/proc/self/exe", error).string();
  std::vector<std::string> command = {
      options.worker.empty() ? self : options.worker,
      absl::StrCat("--threads=", slots.threads),
      absl::StrCat("--jobs=", slots.jobs),
      absl::StrCat("--device=", options.device),
      absl::StrCat("--fetch=", options.fetch ? "auto" : "never"),
      absl::StrCat("--rewrite=", options.rewrite ? "on" : "off"),
      absl::StrCat("--cuda_graph=", options.cuda_graph ? "on" : "off"),
      absl::StrCat("--checkpoint_every=",
                   absl::FormatDuration(options.checkpoint_every))};
  if (!options.worker.empty()) command.push_back("--started_by=" + self);
  if (!options.data_dir.empty()) {
    command.push_back("--data_dir=" + options.data_dir);
  }
  if (!options.commit.empty()) {
    command.push_back("--source_commit=" + options.commit);
  }
  return command;
}

absl::StatusOr<WorkerProcess> StartWorker(const PlannedRun& run,
                                          const ExecutionOptions& options,
                                          const Slots& slots) {
  std::vector<std::string> args = WorkerCommand(options, slots);
  args.push_back(absl::StrCat("--worker=", run.directory));
  args.push_back(absl::StrCat("--worker_parent=", getpid()));

  // In memory: the disk may be what it complains about.
  WorkerProcess worker;
  worker.errors = memfd_create("stderr", MFD_CLOEXEC);
  if (worker.errors < 0) {
    return absl::InternalError(
        absl::StrCat("Cannot start a worker process: ", std::strerror(errno)));
  }
  // A group of its own: the terminal's interrupt reaches only this process,
  // which passes it on.
  const absl::StatusOr<pid_t> pid = StartProgram(
      args, {-1, worker.errors, worker.errors}, /*own_group=*/true);
  if (!pid.ok()) {
    close(worker.errors);
    return absl::InternalError(absl::StrCat("Cannot start a worker process: ",
                                            pid.status().message()));
  }
  worker.pid = *pid;
  return worker;
}

std::string TakeWords(const WorkerProcess& worker) {
  std::string words = ReadFromStart(worker.errors);
  close(worker.errors);
  return words;
}

std::string ReasonOfEnd(const PlannedRun& run, const std::string& words,
                        int status) {
  // Where these two cannot be written, the caller still says the reason.
  if (!words.empty()) {
    (void)WriteFileAtomically(run.directory + "/stderr.txt", words);
  }
  std::string reason = RunDirectory(run.directory).FailureReason();
  if (!reason.empty()) return reason;
  // One that was killed had no last words about that.
  if (!WIFSIGNALED(status)) reason = LastLine(words);
  if (reason.empty()) reason = "the worker " + DescribeEnd(status);
  (void)WriteFileAtomically(run.directory + "/FAILED", reason + "\n");
  return reason;
}

}  // namespace nclab
