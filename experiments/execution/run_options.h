// How one run of a batch is run.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_RUN_OPTIONS_H_
#define NCLAB_EXPERIMENTS_EXECUTION_RUN_OPTIONS_H_

#include <string>

#include "experiments/execution/execution.h"
#include "experiments/training/training.h"

namespace nclab {

// What `options` say of every run, for the one in `directory`.
RunOptions RunOptionsIn(const std::string& directory,
                        const ExecutionOptions& options);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_RUN_OPTIONS_H_
