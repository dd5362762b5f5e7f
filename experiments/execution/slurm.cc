#include "experiments/execution/slurm.h"

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "experiments/execution/progress/batch_display.h"
#include "experiments/execution/slurm_commands.h"
#include "experiments/execution/slurm_files.h"
#include "experiments/records/run_directory.h"
#include "tools/base/files/files.h"
#include "tools/base/process/signals.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// Polls come seldom where jobs take hours.
constexpr absl::Duration kFirstPoll = absl::Seconds(1);
constexpr absl::Duration kSlowestPoll = absl::Seconds(20);

class SlurmBatch {
 public:
  SlurmBatch(const std::vector<PlannedRun>& runs,
             const ExecutionOptions& options)
      : runs_(runs),
        options_(options),
        parents_(Parents(runs)),
        states_(runs.size(), State::kOpen),
        places_(runs.size()),
        missed_(runs.size(), 0) {
    for (size_t i = 0; i < runs.size(); ++i) order_.push_back(i);
    std::stable_sort(order_.begin(), order_.end(), [&](size_t a, size_t b) {
      return Generation(a) < Generation(b);
    });
  }

  absl::StatusOr<ExecutionResult> Run() {
    NCLAB_RETURN_IF_ERROR(Begin());
    absl::Duration pause = kFirstPoll;
    while (!StopRequested()) {
      NCLAB_RETURN_IF_ERROR(Poll());
      if (Count(State::kQueued) == 0 && Count(State::kOpen) == 0) break;
      if (GivesUp()) break;
      for (absl::Duration slept; slept < pause && !StopRequested();
           slept += absl::Milliseconds(250)) {
        Show();
        absl::SleepFor(absl::Milliseconds(250));
      }
      pause = std::min(pause * 1.2, kSlowestPoll);
    }
    display_.Clear();
    result_.diverged = Count(State::kDiverged);
    result_.done = Count(State::kDone) + result_.diverged;
    if (StopRequested()) {
      result_.stopped = true;
      result_.advice = Advice();
    }
    for (auto& [i, reason] : failures_) result_.failures.push_back(reason);
    return std::move(result_);
  }

 private:
  // kOpen: to be submitted; kQueued: Slurm has it.
  enum class State { kOpen, kQueued, kDone, kDiverged, kFailed };
  struct Place {
    std::string array;
    size_t task = 0;
    QueuedTask seen;  // at the last poll

    std::string id() const { return absl::StrCat(array, "_", task); }
    bool running() const { return seen.state == "RUNNING"; }
  };

  int Generation(size_t i) const {
    return parents_[i] ? Generation(*parents_[i]) + 1 : 0;
  }

  int Count(State state) const {
    return static_cast<int>(std::count(states_.begin(), states_.end(), state));
  }

  // Finds out what is done and what is in the queue, and submits the rest.
  absl::Status Begin() {
    NCLAB_ASSIGN_OR_RETURN(const auto queue, SlurmQueue());
    for (size_t i = 0; i < runs_.size(); ++i) {
      const RunDirectory directory(runs_[i].directory);
      NCLAB_RETURN_IF_ERROR(BeginRun(runs_[i]));
      if (directory.Answered()) Finish(i);
    }
    NCLAB_RETURN_IF_ERROR(MakeWritableDirectory(options_.slurm_directory));
    // Two calls of one command would both submit.
    NCLAB_ASSIGN_OR_RETURN(
        const FileLock lock,
        FileLock::Acquire(options_.slurm_directory + "/.lock", StopRequested));
    std::map<std::string, size_t> by_directory;
    for (size_t i = 0; i < runs_.size(); ++i) {
      by_directory[runs_[i].directory] = i;
    }
    NCLAB_ASSIGN_OR_RETURN(const std::vector<SubmittedArray> arrays,
                           ReadArrays(options_.slurm_directory));
    for (const SubmittedArray& array : arrays) {
      for (size_t task = 0; task < array.directories.size(); ++task) {
        const auto it = by_directory.find(array.directories[task]);
        if (it == by_directory.end()) continue;
        const size_t i = it->second;
        Place place = {array.job, task, {}};
        const auto there = queue.find(place.id());
        if (states_[i] == State::kOpen && there != queue.end()) {
          place.seen = there->second;
          states_[i] = State::kQueued;
          places_[i] = place;
          last_array_ = array.job;
        }
      }
    }
    const int found = Count(State::kQueued);
    if (found > 0) {
      display_.Say(absl::StrCat(found, " runs are in the queue already"));
    }
    return Submit();
  }

  // Submits what is open, a generation after the other.
  absl::Status Submit() {
    const int64_t most = SlurmMaxTasks();
    for (int generation = 0; Count(State::kOpen) > 0; ++generation) {
      std::vector<size_t> group;
      for (const size_t i : order_) {
        if (states_[i] != State::kOpen || Generation(i) != generation) continue;
        const auto parent = parents_[i];
        if (parent && states_[*parent] == State::kFailed) {
          Fail(i, FailForParent(runs_[i], runs_[*parent]));
        } else if (parent && states_[*parent] == State::kDiverged) {
          NCLAB_RETURN_IF_ERROR(DivergeWithParent(runs_[i], runs_[*parent]));
          Finish(i);
        } else {
          group.push_back(i);
        }
      }
      for (size_t begin = 0; begin < group.size();) {
        const size_t n =
            std::min(group.size() - begin,
                     static_cast<size_t>(std::max<int64_t>(1, most)));
        NCLAB_ASSIGN_OR_RETURN(
            const size_t taken,
            SubmitSome(
                {group.begin() + static_cast<std::ptrdiff_t>(begin),
                 group.begin() + static_cast<std::ptrdiff_t>(begin + n)}));
        if (taken == 0) return absl::OkStatus();  // later: the queue is full
        begin += taken;
      }
    }
    return absl::OkStatus();
  }

  // Submits as many of `group` as Slurm takes, from the first on; 0 if it takes
  // none now but has others of ours. \error if it takes none at all.
  absl::StatusOr<size_t> SubmitSome(std::vector<size_t> group) {
    for (;; group.resize(group.size() / 2)) {
      std::vector<std::string> directories;
      std::set<std::string> after;
      for (const size_t i : group) {
        directories.push_back(runs_[i].directory);
        // An old reason is not the new one's.
        std::error_code error;
        std::filesystem::remove(runs_[i].directory + "/FAILED", error);
        const auto parent = parents_[i];
        if (parent && states_[*parent] == State::kQueued) {
          after.insert(places_[*parent].array);
        }
      }
      // Parts of one array keep its throttle by taking turns.
      if (after.empty() && options_.jobs > 0 && !last_array_.empty()) {
        after.insert(last_array_);
      }
      const absl::StatusOr<std::string> job =
          WriteAndSubmit(directories, options_, after);
      if (job.ok()) {
        last_array_ = *job;
        for (size_t task = 0; task < group.size(); ++task) {
          const size_t i = group[task];
          states_[i] = State::kQueued;
          places_[i] = {*job, task, {"PENDING", "submitted"}};
          missed_[i] = 0;
        }
        display_.Say(absl::StrCat("submitted array ", *job, ": ", group.size(),
                                  " runs"));
        return group.size();
      }
      if (!absl::IsInvalidArgument(job.status())) return job.status();
      if (group.size() == 1) {
        if (Count(State::kQueued) == 0) return job.status();
        return 0;
      }
    }
  }

  absl::Status Poll() {
    const auto queue = SlurmQueue();
    if (!queue.ok()) {
      // A controller that restarts; the jobs know nothing of it.
      if (std::exchange(silent_, true) == false) {
        display_.Say(absl::StrCat(queue.status().message(), " Trying again."));
      }
      return absl::OkStatus();
    }
    silent_ = false;
    for (const size_t i : order_) {
      if (states_[i] != State::kQueued) continue;
      const auto it = queue->find(places_[i].id());
      if (RunDirectory(runs_[i].directory).Answered()) {
        Finish(i);
      } else if (it != queue->end()) {
        missed_[i] = 0;
        places_[i].seen = it->second;
      } else if (++missed_[i] > 1) {  // a shared disk may lag behind
        const auto parent = parents_[i];
        if (parent && states_[*parent] == State::kDiverged) {
          NCLAB_RETURN_IF_ERROR(DivergeWithParent(runs_[i], runs_[*parent]));
          Finish(i);
        } else {
          Fail(i, ReasonOf(i));
        }
      }
    }
    SayWhatHoldsUp();
    return Count(State::kOpen) > 0 ? Submit() : absl::OkStatus();
  }

  // Each reason for which tasks do not start, but their turn, once.
  void SayWhatHoldsUp() {
    std::map<std::string, std::vector<size_t>> by_reason;
    for (const size_t i : order_) {
      if (states_[i] != State::kQueued) continue;
      const QueuedTask& seen = places_[i].seen;
      if (seen.WaitsItsTurn() && !seen.NeverStarts()) continue;
      if (seen.reason != "submitted") by_reason[seen.reason].push_back(i);
    }
    for (const auto& [reason, tasks] : by_reason) {
      if (!said_.insert(reason).second) continue;
      const Place& first = places_[tasks.front()];
      display_.Say(absl::StrCat(
          "job ", first.id(),
          tasks.size() > 1 ? absl::StrCat(" and ", tasks.size() - 1, " more")
                           : "",
          first.seen.NeverStarts() ? " will not start" : " cannot start now",
          ": ", first.seen.state, ", ", reason, " (scontrol show job ",
          first.id(), " and sinfo -R say more)"));
    }
  }

  // Whether all that is left is jobs that never start, and what waits for
  // them, for as long as options_.slurm_patience. Then these are failures.
  bool GivesUp() {
    std::set<std::string> arrays, reasons;
    for (size_t i = 0; i < runs_.size(); ++i) {
      if (states_[i] != State::kQueued) continue;
      const QueuedTask& seen = places_[i].seen;
      if (seen.NeverStarts()) {
        arrays.insert(places_[i].array);
        reasons.insert(seen.reason);
      } else if (seen.reason != "Dependency") {
        arrays.clear();
        break;
      }
    }
    const auto now = std::chrono::steady_clock::now();
    if (arrays.empty()) {
      stuck_since_.reset();
      return false;
    }
    if (!stuck_since_) stuck_since_ = now;
    if (absl::FromChrono(now - *stuck_since_) < options_.slurm_patience) {
      return false;
    }
    const std::string words = absl::StrCat("held or never to start (",
                                           absl::StrJoin(reasons, ", "), ")");
    int left = 0;
    for (size_t i = 0; i < runs_.size(); ++i) {
      if (states_[i] != State::kQueued && states_[i] != State::kOpen) continue;
      ++left;
      failures_[i] =
          absl::StrCat(NameOf(runs_[i]), ": ",
                       states_[i] == State::kOpen ? "waits for jobs that are "
                       : places_[i].seen.NeverStarts()
                           ? absl::StrCat("job ", places_[i].id(), " is ")
                           : absl::StrCat("job ", places_[i].id(),
                                          " waits for jobs that are "),
                       words);
    }
    const std::string ids = absl::StrJoin(arrays, " ");
    display_.Say(
        absl::StrCat(left, " runs are left: their jobs are ", words,
                     ". When the cause is mended, scontrol release ", ids,
                     " lets them go on; scancel ", ids,
                     " gives them up. Then run the same command again."));
    return true;
  }

  std::string ReasonOf(size_t i) {
    const auto parent = parents_[i];
    if (parent && states_[*parent] == State::kFailed) {
      return FailForParent(runs_[i], runs_[*parent]);
    }
    std::string reason = RunDirectory(runs_[i].directory).FailureReason();
    if (!reason.empty()) return reason;
    reason =
        LastWords(options_.slurm_directory, places_[i].array, places_[i].task);
    const std::string end = SlurmEndOf(places_[i].id());
    if (reason.empty() || !absl::StartsWith(end, "FAILED")) {
      reason = absl::StrCat("job ", places_[i].id(), " ended",
                            end.empty() ? "" : ": ", end,
                            reason.empty() ? "" : "; its last words: ", reason);
    }
    (void)WriteFileAtomically(runs_[i].directory + "/FAILED", reason + "\n");
    return reason;
  }

  // Of a run that is through.
  void Finish(size_t i) {
    const RunDirectory directory(runs_[i].directory);
    states_[i] = directory.Diverged() ? State::kDiverged : State::kDone;
    if (states_[i] == State::kDone) return;
    display_.Say(absl::StrCat("diverged: ", NameOf(runs_[i]), ": ",
                              directory.FailureReason()));
  }

  void Fail(size_t i, const std::string& reason) {
    states_[i] = State::kFailed;
    failures_[i] = absl::StrCat(NameOf(runs_[i]), ": ", reason);
    display_.Say("failed: " + failures_[i]);
  }

  void Show() {
    if (!display_.Due()) return;
    std::vector<BatchLine> lines;
    std::vector<const RunSpec*> waiting;
    std::set<std::string> reasons;
    for (const size_t i : order_) {
      if (states_[i] == State::kQueued && places_[i].running()) {
        lines.push_back(LineOf(runs_[i]));
      } else if (states_[i] == State::kQueued || states_[i] == State::kOpen) {
        waiting.push_back(&runs_[i].spec);
        reasons.insert(states_[i] == State::kOpen ? "not submitted yet"
                                                  : places_[i].seen.reason);
      }
    }
    display_.Show(
        {Count(State::kDone) + Count(State::kDiverged), Count(State::kFailed),
         static_cast<int>(lines.size()), static_cast<int>(runs_.size())},
        lines, waiting, absl::StrJoin(reasons, ", "));
  }

  std::string Advice() const {
    std::set<std::string> arrays;
    for (size_t i = 0; i < runs_.size(); ++i) {
      if (states_[i] == State::kQueued) arrays.insert(places_[i].array);
    }
    return absl::StrCat(Count(State::kQueued), " jobs go on in the queue, ",
                        Count(State::kOpen),
                        " are not submitted: run the same command again "
                        "to collect them; scancel ",
                        absl::StrJoin(arrays, " "), " ends them");
  }

  const std::vector<PlannedRun>& runs_;
  const ExecutionOptions& options_;
  const std::vector<std::optional<size_t>> parents_;
  std::vector<State> states_;
  std::vector<Place> places_;  // of those queued
  std::vector<int> missed_;    // polls in which a queued one was not there
  std::vector<size_t> order_;  // parents before children
  std::string last_array_;     // submitted last
  std::map<size_t, std::string> failures_;
  ExecutionResult result_;
  BatchDisplay display_;
  bool silent_ = false;
  std::set<std::string> said_;  // reasons of waiting
  // Since when nothing but jobs that never start is left.
  std::optional<std::chrono::steady_clock::time_point> stuck_since_;
};

}  // namespace

absl::StatusOr<ExecutionResult> ExecuteOnSlurm(
    const std::vector<PlannedRun>& runs, const ExecutionOptions& options) {
  return SlurmBatch(runs, options).Run();
}

}  // namespace nclab
