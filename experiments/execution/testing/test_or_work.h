// Tests that start workers: the test itself is the worker's program.
#ifndef NCLAB_EXPERIMENTS_EXECUTION_TESTING_TEST_OR_WORK_H_
#define NCLAB_EXPERIMENTS_EXECUTION_TESTING_TEST_OR_WORK_H_

namespace nclab {

// The main of such a test: with --worker=DIR, as WorkerCommand() has it, the
// worker of that run, else all tests. Answers the exit status.
int TestOrWork(int argc, char** argv);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_EXECUTION_TESTING_TEST_OR_WORK_H_
