// --fresh: an output directory begins anew, once.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_EMPTYING_H_
#define NCLAB_EXPERIMENTS_EXECUTION_EMPTYING_H_

#include <string>

#include "absl/status/status.h"

namespace nclab {

// Removes the runs, Slurm's lists and the report in the output directory `out`
// and marks it as begun anew. Other people's files stay.
// \error kFailedPrecondition if a process works on a run there, or jobs that
// were submitted there may be in Slurm's queue; then nothing is removed.
absl::Status EmptyOutput(const std::string& out);

// Whether `out` was emptied and its runs were not all done since: what is there
// is new, and a further call goes on with it.
bool HasBegunAnew(const std::string& out);

// All runs are done: a further --fresh empties again.
void EndAnew(const std::string& out);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_EMPTYING_H_
