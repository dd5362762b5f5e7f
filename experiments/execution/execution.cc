#include "experiments/execution/execution.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/execution/progress/batch_display.h"
#include "experiments/execution/slurm.h"
#include "experiments/execution/worker.h"
#include "experiments/records/run_directory.h"
#include "tools/base/errors.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// One batch on this machine.
class LocalBatch {
 public:
  LocalBatch(const std::vector<PlannedRun>& runs,
             const ExecutionOptions& options)
      : runs_(runs),
        options_(options),
        parents_(Parents(runs)),
        states_(runs.size(), State::kWaiting),
        slots_{} {}

  absl::StatusOr<ExecutionResult> Run() {
    for (size_t i = 0; i < runs_.size(); ++i) {
      const RunDirectory directory(runs_[i].directory);
      NCLAB_RETURN_IF_ERROR(BeginRun(runs_[i]));
      if (directory.Answered()) {
        Finish(i);
      } else {
        waiting_.push_back(i);
      }
    }
    slots_ = ChooseSlots(options_, waiting_.size(),
                         static_cast<int>(std::thread::hardware_concurrency()));
    while (!running_.empty() ||
           (!StopRequested() && !(waiting_.empty() && held_.empty()))) {
      NCLAB_RETURN_IF_ERROR(Start());
      if (StopRequested() && !passed_on_) {
        passed_on_ = true;
        // Should this process end before them, that is their second one.
        for (const auto& [pid, worker] : running_) kill(pid, SIGINT);
      }
      Reap();
      Show();
      absl::SleepFor(absl::Milliseconds(50));
    }
    display_.Clear();
    if (StopRequested()) result_.stopped = true;
    result_.advice = "everything saved: run the same command again to go on";
    for (auto& [i, reason] : failures_) result_.failures.push_back(reason);
    return std::move(result_);
  }

 private:
  enum class State { kWaiting, kRunning, kDone, kDiverged, kFailed, kStopped };
  struct Worker {
    WorkerProcess process;
    size_t run;
    int slot;
  };

  // Fills the free slots.
  absl::Status Start() {
    TakeBackHeld();
    while (!StopRequested()) {
      const std::optional<size_t> next = Next();
      if (!next) break;
      const int slot = *FreeSlot();
      ExecutionOptions options = options_;
      if (options_.gpus > 1) {
        options.device = absl::StrCat("cuda:", slot % options_.gpus);
      }
      states_[*next] = State::kRunning;
      std::erase(waiting_, *next);
      NCLAB_ASSIGN_OR_RETURN(const WorkerProcess process,
                             StartWorker(runs_[*next], options, slots_));
      busy_slots_.insert(slot);
      running_[process.pid] = {process, *next, slot};
    }
    return absl::OkStatus();
  }

  std::optional<int> FreeSlot() const {
    for (int slot = 0; slot < slots_.jobs; ++slot) {
      if (busy_slots_.count(slot) == 0) return slot;
    }
    return std::nullopt;
  }

  // The runs that other processes have let go of.
  void TakeBackHeld() {
    for (auto it = held_.begin(); it != held_.end();) {
      const size_t i = *it;
      const RunDirectory directory(runs_[i].directory);
      if (FileLock::IsHeld(directory.File(".lock"))) {
        ++it;
        continue;
      }
      it = held_.erase(it);
      if (directory.Answered()) {
        Finish(i);
      } else {
        states_[i] = State::kWaiting;
        waiting_.push_front(i);
      }
    }
  }

  // The first waiting run that may start. Runs whose parent ended without a
  // result end here.
  std::optional<size_t> FirstReady() {
    std::optional<size_t> ready;
    for (bool again = true; again;) {
      again = false;
      ready.reset();
      for (const size_t i :
           std::vector<size_t>(waiting_.begin(), waiting_.end())) {
        const std::optional<size_t> parent = parents_[i];
        const State state = parent ? states_[*parent] : State::kDone;
        if (state == State::kDone) {
          if (!ready) ready = i;
        } else if (state == State::kStopped) {
          std::erase(waiting_, i);
          states_[i] = State::kStopped;
          again = true;  // its own children may lie before it
        } else if (state == State::kFailed) {
          std::erase(waiting_, i);
          Fail(i, FailForParent(runs_[i], runs_[*parent]));
          again = true;
        } else if (state == State::kDiverged) {
          std::erase(waiting_, i);
          const absl::Status marked =
              DivergeWithParent(runs_[i], runs_[*parent]);
          if (marked.ok()) {
            Finish(i);
          } else {
            Fail(i, std::string(marked.message()));
          }
          again = true;
        }
      }
    }
    return ready;
  }

  // Sets a run aside if another process works on it.
  bool Hold(size_t i) {
    const std::string lock = runs_[i].directory + "/.lock";
    if (!FileLock::IsHeld(lock)) return false;
    std::erase(waiting_, i);
    states_[i] = State::kRunning;
    held_.insert(i);
    display_.Say(absl::StrCat(NameOf(runs_[i]), " is in use by ",
                              FileLock::Holder(lock), ": waiting for it"));
    return true;
  }

  // The first run that a worker may start with now; nothing if it has to wait.
  // Runs that another process works on are set aside.
  std::optional<size_t> Next() {
    while (FreeSlot()) {
      const std::optional<size_t> next = FirstReady();
      if (!next || !Hold(*next)) return next;
    }
    return std::nullopt;
  }

  // Of a run that is through.
  void Finish(size_t i) {
    ++result_.done;
    const RunDirectory directory(runs_[i].directory);
    states_[i] = directory.Diverged() ? State::kDiverged : State::kDone;
    if (states_[i] == State::kDone) return;
    ++result_.diverged;
    display_.Say(absl::StrCat("diverged: ", NameOf(runs_[i]), ": ",
                              directory.FailureReason()));
  }

  void Fail(size_t i, const std::string& reason) {
    states_[i] = State::kFailed;
    failures_[i] = absl::StrCat(NameOf(runs_[i]), ": ", reason);
    display_.Say("failed: " + failures_[i]);
  }

  // A stop reached a worker that was starting, before it caught signals: there
  // was nothing to save.
  static bool StoppedBeforeItCouldSave(int status) {
    if (!StopRequested() || !WIFSIGNALED(status)) return false;
    const int signal = WTERMSIG(status);
    return signal == SIGTERM || signal == SIGINT || signal == SIGUSR1 ||
           signal == SIGHUP;
  }

  // Workers that have ended.
  void Reap() {
    int status = 0;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
      const auto it = running_.find(pid);
      if (it == running_.end()) continue;
      const Worker worker = it->second;
      running_.erase(it);
      busy_slots_.erase(worker.slot);
      End(worker.run, TakeWords(worker.process), status);
    }
  }

  // Of a run whose worker ended with `status`.
  void End(size_t run, const std::string& words, int status) {
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    if (code == kExitOk) {
      Finish(run);
    } else if (code == kExitStopped || StoppedBeforeItCouldSave(status)) {
      states_[run] = State::kStopped;
      result_.stopped = true;
    } else {
      Fail(run, ReasonOfEnd(runs_[run], words, status));
    }
  }

  void Show() {
    if (!display_.Due()) return;
    std::vector<BatchLine> lines;
    for (const auto& [pid, worker] : running_) {
      lines.push_back(LineOf(runs_[worker.run]));
    }
    std::vector<const RunSpec*> waiting;
    for (const size_t i : waiting_) waiting.push_back(&runs_[i].spec);
    for (const size_t i : held_) waiting.push_back(&runs_[i].spec);
    display_.Show({result_.done, static_cast<int>(failures_.size()),
                   slots_.jobs, static_cast<int>(runs_.size())},
                  lines, waiting);
  }

  const std::vector<PlannedRun>& runs_;
  const ExecutionOptions& options_;
  const std::vector<std::optional<size_t>> parents_;
  std::vector<State> states_;
  Slots slots_;
  std::deque<size_t> waiting_;
  std::set<size_t> held_;  // by other processes
  std::map<pid_t, Worker> running_;
  std::set<int> busy_slots_;
  std::map<size_t, std::string> failures_;
  ExecutionResult result_;
  BatchDisplay display_;
  bool passed_on_ = false;
};

}  // namespace

Slots ChooseSlots(const ExecutionOptions& options, size_t runs, int cores) {
  if (options.slurm) return {options.jobs, std::max(1, options.threads)};
  const int n = std::max<int>(1, static_cast<int>(runs));
  int jobs = options.jobs;
  if (jobs <= 0) {
    const bool cuda = absl::StartsWith(options.device, "cuda");
    jobs = std::max(1, options.gpus > 0 || cuda ? options.gpus : cores);
  }
  jobs = std::min(jobs, n);
  return {jobs,
          options.threads > 0 ? options.threads : std::max(1, cores / jobs)};
}

absl::StatusOr<ExecutionResult> ExecuteRuns(const std::vector<PlannedRun>& runs,
                                            const ExecutionOptions& options) {
  if (options.slurm) return ExecuteOnSlurm(runs, options);
  return LocalBatch(runs, options).Run();
}

}  // namespace nclab
