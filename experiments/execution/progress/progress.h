// How a run shows itself: a bar on a terminal, plain lines otherwise.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PROGRESS_H_
#define NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PROGRESS_H_

#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/records/progress.h"

namespace nclab {

// "[=====>    ] 1200/4000  61 steps/s  loss 0.0123  ETA 46 s"; without the bar
// where `bar` is false.
std::string ProgressLine(const Progress& progress, bool bar);

// Shows named runs on standard error, a line each. On a terminal the lines are
// drawn in place, cut to its width; otherwise one line per run every ten
// seconds.
class ProgressDisplay {
 public:
  ProgressDisplay();

  // `runs`: (name, progress) of those running; `header` describes the whole.
  void Show(const std::string& header,
            const std::vector<std::pair<std::string, Progress>>& runs);
  // Takes the lines away (terminal only), before something else is printed.
  void Clear();

 private:
  bool terminal_;
  int lines_ = 0;
  std::optional<std::chrono::steady_clock::time_point> last_;
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_PROGRESS_PROGRESS_H_
