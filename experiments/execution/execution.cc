#include "experiments/execution/execution.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/execution/progress.h"
#include "experiments/training/chain.h"
#include "experiments/training/run_directory.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/numbers.h"
#include "tools/base/signals.h"
#include "tools/base/status_macros.h"

extern char** environ;

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Without a slash at the end, so that two ways to write one place compare.
std::string Normal(const std::string& directory) {
  return fs::path(directory + "/").lexically_normal().parent_path().string();
}

std::string NameOf(const PlannedRun& run) {
  return fs::path(Normal(run.directory)).filename().string();
}

// For each run the index of its parent among `runs`; nothing where it has none
// or the parent is not among them.
std::vector<std::optional<size_t>> Parents(
    const std::vector<PlannedRun>& runs) {
  std::map<std::string, size_t> by_directory;
  for (size_t i = 0; i < runs.size(); ++i) {
    by_directory[Normal(runs[i].directory)] = i;
  }
  std::vector<std::optional<size_t>> parents(runs.size());
  for (size_t i = 0; i < runs.size(); ++i) {
    if (runs[i].spec.init_from.empty()) continue;
    const auto it = by_directory.find(
        Normal(ParentDirectory(runs[i].spec, runs[i].directory)));
    if (it != by_directory.end()) parents[i] = it->second;
  }
  return parents;
}

// Starts this very program as a worker. Its standard error goes to a file in
// the run directory, for the case that it dies without a word of its own.
absl::StatusOr<pid_t> Spawn(const PlannedRun& run,
                            const ExecutionOptions& options, int threads) {
  std::error_code error;
  const std::string self = fs::read_symlink("/proc/self/exe", error).string();
  std::vector<std::string> args = {
      self,
      absl::StrCat("--worker=", run.directory),
      absl::StrCat("--threads=", threads),
      absl::StrCat("--device=", options.device),
      absl::StrCat("--data_dir=", options.data_dir),
      absl::StrCat("--fetch=", options.fetch ? "auto" : "never"),
      absl::StrCat("--source_commit=", options.commit),
      absl::StrCat("--checkpoint_every=",
                   absl::FormatDuration(options.checkpoint_every))};
  std::vector<char*> argv;
  for (std::string& arg : args) argv.push_back(arg.data());
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  const std::string errors = run.directory + "/stderr.txt";
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, errors.c_str(),
                                   O_WRONLY | O_CREAT | O_TRUNC, 0644);
  posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
  // A group of its own: the terminal's interrupt reaches only this process,
  // which passes it on.
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP);
  posix_spawnattr_setpgroup(&attributes, 0);
  pid_t pid;
  const int code = posix_spawn(&pid, self.c_str(), &actions, &attributes,
                               argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  if (code != 0) {
    return absl::InternalError(
        absl::StrCat("Cannot start a worker process: ", std::strerror(code)));
  }
  return pid;
}

// Why a worker that did not exit with 0 or 75 ended.
std::string Reason(const PlannedRun& run, int status) {
  const std::string failed = RunDirectory(run.directory).FailureReason();
  if (!failed.empty()) return failed;
  std::string reason;
  if (WIFSIGNALED(status)) {
    reason = absl::StrCat("the worker was killed by signal ", WTERMSIG(status),
                          " (", strsignal(WTERMSIG(status)), ")");
    if (WTERMSIG(status) == SIGKILL) {
      absl::StrAppend(&reason, "; out of memory is a common cause");
    }
  } else {
    const absl::StatusOr<std::string> words =
        ReadFile(run.directory + "/stderr.txt");
    reason = words.ok() && !words->empty()
                 ? words->substr(words->rfind('\n', words->size() - 2) + 1)
                 : absl::StrCat("the worker ended with status ",
                                WEXITSTATUS(status));
    while (!reason.empty() && reason.back() == '\n') reason.pop_back();
  }
  (void)WriteFileAtomically(run.directory + "/FAILED", reason + "\n");
  return reason;
}

}  // namespace

Slots ChooseSlots(const ExecutionOptions& options, size_t runs, int cores) {
  const int n = std::max<int>(1, static_cast<int>(runs));
  int jobs = options.jobs;
  if (jobs <= 0) {
    jobs = absl::StartsWith(options.device, "cuda") ? 1 : std::min(n, cores);
  }
  jobs = std::min(jobs, n);
  return {jobs,
          options.threads > 0 ? options.threads : std::max(1, cores / jobs)};
}

absl::StatusOr<ExecutionResult> ExecuteRuns(const std::vector<PlannedRun>& runs,
                                            const ExecutionOptions& options) {
  ExecutionResult result;
  const std::vector<std::optional<size_t>> parents = Parents(runs);
  enum class State { kWaiting, kRunning, kDone, kFailed, kStopped };
  std::vector<State> states(runs.size(), State::kWaiting);
  std::deque<size_t> waiting;
  for (size_t i = 0; i < runs.size(); ++i) {
    const RunDirectory directory(runs[i].directory);
    NCLAB_RETURN_IF_ERROR(directory.Begin(runs[i].spec));
    if (directory.Done()) {
      states[i] = State::kDone;
      ++result.done;
    } else {
      waiting.push_back(i);
    }
  }
  const Slots slots =
      ChooseSlots(options, waiting.size(),
                  static_cast<int>(std::thread::hardware_concurrency()));
  std::map<pid_t, size_t> running;
  std::map<size_t, std::string> failures;
  ProgressDisplay display;
  bool passed_on = false;
  const auto fail = [&](size_t i, const std::string& reason) {
    states[i] = State::kFailed;
    failures[i] = absl::StrCat(NameOf(runs[i]), ": ", reason);
    display.Clear();
    std::fprintf(stderr, "failed: %s\n", failures[i].c_str());
  };
  // Takes the first run that may start out of `waiting`. Runs whose parent
  // ended without a result end here as well.
  const auto next = [&]() -> std::optional<size_t> {
    for (auto it = waiting.begin(); it != waiting.end();) {
      const size_t i = *it;
      const std::optional<size_t> parent = parents[i];
      const State state = parent ? states[*parent] : State::kDone;
      if (state == State::kWaiting || state == State::kRunning) {
        ++it;
        continue;
      }
      it = waiting.erase(it);
      if (state == State::kDone) return i;
      if (state == State::kStopped) {
        states[i] = State::kStopped;
      } else {
        const std::string reason = absl::StrCat(
            "the run that it starts from, ", NameOf(runs[*parent]), ", failed");
        (void)WriteFileAtomically(runs[i].directory + "/FAILED", reason + "\n");
        fail(i, reason);
      }
      it = waiting.begin();  // its own children may lie before it
    }
    return std::nullopt;
  };
  while (!running.empty() || (!waiting.empty() && !StopRequested())) {
    while (!StopRequested() && !waiting.empty() &&
           running.size() < static_cast<size_t>(slots.jobs)) {
      const std::optional<size_t> i = next();
      if (!i) break;
      NCLAB_ASSIGN_OR_RETURN(const pid_t pid,
                             Spawn(runs[*i], options, slots.threads));
      states[*i] = State::kRunning;
      running[pid] = *i;
    }
    if (StopRequested() && !passed_on) {
      passed_on = true;
      for (const auto& [pid, i] : running) kill(pid, SIGTERM);
    }
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto it = running.find(pid);
      if (it == running.end()) continue;
      const size_t i = it->second;
      running.erase(it);
      if (WIFEXITED(status) && WEXITSTATUS(status) == kExitOk) {
        states[i] = State::kDone;
        ++result.done;
      } else if (WIFEXITED(status) && WEXITSTATUS(status) == kExitStopped) {
        states[i] = State::kStopped;
        result.stopped = true;
      } else {
        fail(i, Reason(runs[i], status));
      }
    }
    std::vector<std::pair<std::string, Progress>> shown;
    for (const auto& [pid, i] : running) {
      shown.emplace_back(NameOf(runs[i]), ReadProgressFile(runs[i].directory));
    }
    display.Show(
        absl::StrCat(result.done, " of ", runs.size(), " runs done, ",
                     running.size(), " running, ", waiting.size(), " waiting"),
        shown);
    if (!running.empty()) absl::SleepFor(absl::Milliseconds(100));
  }
  display.Clear();
  if (StopRequested()) result.stopped = true;
  for (auto& [i, reason] : failures) result.failures.push_back(reason);
  return result;
}

absl::StatusOr<int> WorkerMain(const std::string& directory,
                               const ExecutionOptions& options) {
  InstallStopHandlers();
  NCLAB_ASSIGN_OR_RETURN(const std::string text,
                         ReadFile(directory + "/spec.json"));
  NCLAB_ASSIGN_OR_RETURN(const RunSpec spec, RunSpecFromJson(text));
  RunOptions run;
  run.directory = directory;
  run.data_dir = options.data_dir;
  run.fetch = options.fetch;
  run.device = options.device;
  run.threads = options.threads;
  run.commit = options.commit;
  run.checkpoint_every = options.checkpoint_every;
  run.stop_requested = StopRequested;
  run.on_progress = [&](const Progress& progress) {
    WriteProgressFile(directory, progress);
  };
  NCLAB_ASSIGN_OR_RETURN(const RunOutcome outcome, Train(spec, run));
  switch (outcome.state) {
    case RunOutcome::State::kDone:
      return kExitOk;
    case RunOutcome::State::kStopped:
      return kExitStopped;
    case RunOutcome::State::kFailed:
      return kExitFailed;
  }
  return kExitFailed;
}

}  // namespace nclab
