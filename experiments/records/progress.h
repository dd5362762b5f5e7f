// How far a run has come, as another process reads it, and what runs cost.
#ifndef NCLAB_EXPERIMENTS_RECORDS_PROGRESS_H_
#define NCLAB_EXPERIMENTS_RECORDS_PROGRESS_H_

#include <cstdint>
#include <string>

namespace nclab {

// What a run says while it goes on.
struct Progress {
  int64_t step = 0;
  int64_t steps = 0;
  double steps_per_second = 0;
  double loss = 0;  // mean batch loss of the last window; NaN before the first
};

// RUN_DIR/progress.json, written whole.
void WriteProgressFile(const std::string& run_directory,
                       const Progress& progress);
// Step 0 of 0 where there is none yet.
Progress ReadProgressFile(const std::string& run_directory);

// What a run costs on a machine, in seconds.
struct RunCost {
  double step = 0;         // one SGD step
  double evaluation = 0;   // one forward pass over both splits
  int64_t parameters = 0;  // of the model, trained or not
  int64_t samples = 0;     // that an evaluation looks at, of both splits
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECORDS_PROGRESS_H_
