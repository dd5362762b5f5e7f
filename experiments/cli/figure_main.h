// The main of every figure: plan, run, measure, draw, judge.
#ifndef NCLAB_EXPERIMENTS_CLI_FIGURE_MAIN_H_
#define NCLAB_EXPERIMENTS_CLI_FIGURE_MAIN_H_

#include <string>

namespace nclab {

// Runs the experiment registered as `name`; `target` is Bazel's name of the
// program. Returns the exit status.
int FigureMain(const std::string& name, const std::string& target, int argc,
               char** argv);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_CLI_FIGURE_MAIN_H_
