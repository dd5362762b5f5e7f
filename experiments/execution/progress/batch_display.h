// The one view of a batch while it goes on: totals and the time that is left,
// and a line per running run.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_BATCH_DISPLAY_H_
#define NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_BATCH_DISPLAY_H_

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "experiments/execution/progress/planned_run.h"
#include "experiments/execution/progress/progress.h"

namespace nclab {

// Work that is left, in steps of a kind.
struct WorkLeft {
  std::string kind;  // StepCostKey()
  int64_t steps;
};

// The time until all of `work` is done on `slots` workers, from the measured
// `rates` (steps per second, by kind); kinds without one take as long as the
// others do on average. Nothing where no rate is known.
std::optional<absl::Duration> TimeLeft(
    const std::vector<WorkLeft>& work,
    const std::map<std::string, double>& rates, int slots);

struct BatchCounts {
  int done;
  int failed;
  int slots;  // workers at a time
  int total;
};

struct BatchLine {
  std::string name;
  WorkLeft left;
  Progress progress;
};

// A running run as its progress file shows it.
BatchLine LineOf(const PlannedRun& run);

class BatchDisplay {
 public:
  // Whether it is time to Show() again.
  bool Due() const;
  // `waiting`: runs that have not started. `note`: more about the whole, or "".
  void Show(const BatchCounts& counts, const std::vector<BatchLine>& running,
            const std::vector<const RunSpec*>& waiting,
            const std::string& note = "");
  // One line that stays, on standard error.
  void Say(const std::string& line);
  void Clear() { display_.Clear(); }

 private:
  ProgressDisplay display_;
  std::map<std::string, double> rates_;  // the last seen, by kind
  std::optional<std::chrono::steady_clock::time_point> shown_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_BATCH_DISPLAY_H_
