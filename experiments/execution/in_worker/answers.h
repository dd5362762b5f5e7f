// The other side of experiments/execution/questions.h.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_ANSWERS_H_
#define NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_ANSWERS_H_

#include "experiments/execution/execution.h"

namespace nclab {

// Answers the questions on standard input until it ends, or process `parent`
// does. Answers the exit status.
int AnswerQuestions(const ExecutionOptions& options, int parent);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_IN_WORKER_ANSWERS_H_
