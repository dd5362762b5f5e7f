#include "experiments/execution/execution.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <deque>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "experiments/execution/batch_display.h"
#include "experiments/execution/slurm.h"
#include "experiments/execution/worker.h"
#include "experiments/training/run_directory.h"
#include "experiments/training/together.h"
#include "tools/base/errors.h"
#include "tools/base/files.h"
#include "tools/base/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

namespace fs = std::filesystem;

// Runs that a worker trains together at most.
constexpr size_t kMostTogether = 16;

// On a GPU one small network leaves most of the chip idle: as many together as
// there are, shared out among the workers.
size_t TeamOnCuda(size_t runs, int workers) {
  const size_t each =
      (runs + static_cast<size_t>(workers) - 1) / static_cast<size_t>(workers);
  return std::min(each, kMostTogether);
}

// On a CPU a core each is about a tenth faster (docs/benchmarks.md), unless
// that leaves cores idle in the last round.
size_t TeamOnCpu(size_t runs, int cores) {
  const size_t rounds =
      (runs + static_cast<size_t>(cores) - 1) / static_cast<size_t>(cores);
  const double together =
      1.15 * static_cast<double>(runs) / static_cast<double>(cores);
  const bool faster = rounds > 1 && static_cast<double>(rounds) > together;
  return faster && runs <= kMostTogether ? runs : 1;
}

// One batch on this machine.
class LocalBatch {
 public:
  LocalBatch(const std::vector<PlannedRun>& runs,
             const ExecutionOptions& options)
      : runs_(runs),
        options_(options),
        parents_(Parents(runs)),
        states_(runs.size(), State::kWaiting),
        slots_{} {
    for (const PlannedRun& run : runs) {
      std::string key = options.together ? TogetherKey(run.spec) : "";
      if (!key.empty()) {
        absl::StrAppend(&key, fs::path(run.directory).parent_path().string());
      }
      keys_.push_back(std::move(key));
    }
  }

  absl::StatusOr<ExecutionResult> Run() {
    for (size_t i = 0; i < runs_.size(); ++i) {
      const RunDirectory directory(runs_[i].directory);
      NCLAB_RETURN_IF_ERROR(directory.Begin(runs_[i].spec));
      if (directory.Done()) {
        states_[i] = State::kDone;
        ++result_.done;
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
  enum class State { kWaiting, kRunning, kDone, kFailed, kStopped };
  struct Worker {
    WorkerProcess process;
    std::vector<size_t> runs;  // one, or several together
    std::vector<int> slots;
  };

  // Fills the free slots.
  absl::Status Start() {
    TakeBackHeld();
    while (!StopRequested()) {
      const std::vector<size_t> runs = Next();
      if (runs.empty()) break;
      Slots slots = slots_;
      std::vector<int> mine = FreeSlots();
      if (runs.size() > 1 && !OnCuda()) {
        slots = {1, slots_.jobs * slots_.threads};  // the whole machine
      } else {
        mine.resize(1);
      }
      ExecutionOptions options = options_;
      if (options_.gpus > 1) {
        options.device = absl::StrCat("cuda:", mine[0] % options_.gpus);
      }
      std::vector<const PlannedRun*> planned;
      for (const size_t i : runs) {
        states_[i] = State::kRunning;
        std::erase(waiting_, i);
        planned.push_back(&runs_[i]);
      }
      NCLAB_ASSIGN_OR_RETURN(const WorkerProcess process,
                             StartWorker(planned, options, slots));
      busy_slots_.insert(mine.begin(), mine.end());
      running_[process.pid] = {process, runs, mine};
    }
    return absl::OkStatus();
  }

  bool OnCuda() const {
    return options_.gpus > 0 || absl::StartsWith(options_.device, "cuda");
  }

  std::vector<int> FreeSlots() const {
    std::vector<int> free;
    for (int slot = 0; slot < slots_.jobs; ++slot) {
      if (busy_slots_.count(slot) == 0) free.push_back(slot);
    }
    return free;
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
      if (directory.Done()) {
        states_[i] = State::kDone;
        ++result_.done;
      } else {
        states_[i] = State::kWaiting;
        waiting_.push_front(i);
      }
    }
  }

  // The waiting runs that may start, in order. Runs whose parent ended without
  // a result end here.
  std::vector<size_t> Ready() {
    std::vector<size_t> ready;
    for (bool again = true; again;) {
      again = false;
      ready.clear();
      for (const size_t i :
           std::vector<size_t>(waiting_.begin(), waiting_.end())) {
        const std::optional<size_t> parent = parents_[i];
        const State state = parent ? states_[*parent] : State::kDone;
        if (state == State::kDone) {
          ready.push_back(i);
        } else if (state == State::kStopped) {
          std::erase(waiting_, i);
          states_[i] = State::kStopped;
          again = true;  // its own children may lie before it
        } else if (state == State::kFailed) {
          std::erase(waiting_, i);
          Fail(i, FailForParent(runs_[i], runs_[*parent]));
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

  // What a worker may start with now: the first run that is ready, or several
  // together; nothing if it has to wait. Runs that another process works on are
  // set aside.
  std::vector<size_t> Next() {
    while (!waiting_.empty() && !FreeSlots().empty()) {
      const std::vector<size_t> next = Choose(Ready());
      bool held = false;
      for (const size_t i : next) held |= Hold(i);
      if (!held) return next;
    }
    return {};
  }

  std::vector<size_t> Choose(const std::vector<size_t>& ready) const {
    if (ready.empty()) return {};
    std::vector<size_t> team;
    for (const size_t i : ready) {
      if (!keys_[i].empty() && keys_[i] == keys_[ready[0]]) team.push_back(i);
    }
    size_t size = 1;
    if (OnCuda()) {
      size = TeamOnCuda(team.size(), slots_.jobs);
    } else if (running_.empty() && slots_.threads == 1 &&
               team.size() == ready.size()) {
      // Nothing else is there to fill the cores.
      size = TeamOnCpu(team.size(), slots_.jobs);
    }
    if (size <= 1) return {ready[0]};
    team.resize(size);
    return team;
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
      for (const int slot : worker.slots) busy_slots_.erase(slot);
      const std::string words = TakeWords(worker.process);
      for (const size_t run : worker.runs) {
        End(run, words, status, worker.runs.size() > 1);
      }
    }
  }

  // Of a run whose worker ended with `status`, for others as well if `shared`.
  void End(size_t run, const std::string& words, int status, bool shared) {
    const RunDirectory directory(runs_[run].directory);
    const int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    const bool failed = shared && !directory.FailureReason().empty();
    if (code == kExitOk || (shared && directory.Done())) {
      states_[run] = State::kDone;
      ++result_.done;
    } else if (!failed &&
               (code == kExitStopped || StoppedBeforeItCouldSave(status))) {
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
      for (const size_t run : worker.runs) {
        lines.push_back(LineOf(runs_[run]));
        // So many go on at once, in so many slots.
        lines.back().share = static_cast<double>(worker.runs.size()) /
                             static_cast<double>(worker.slots.size());
      }
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
  // Of each run: runs of one key may share a worker; "": it is alone.
  std::vector<std::string> keys_;
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
