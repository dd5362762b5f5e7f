// What the runs of an experiment say of panels and claims.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_

#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/page/page_input.h"

namespace nclab {

// Writes what was run into titles, claims and labels: the models and datasets
// of their cells in place of "{runs}", by the experiment's specs of cells
// without a run; the number of training samples in place of "{samples}".
void NameRuns(const std::vector<RunFacts>& runs, Experiment& experiment);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_
