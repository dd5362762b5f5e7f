// What the specs of an experiment's runs say of panels and claims.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_

#include <cstdint>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/page/page_input.h"

namespace nclab {

// SGD steps of an epoch; 1 where the spec alone does not tell how many samples
// there are (data that are made).
int64_t StepsPerEpoch(const RunSpec& spec);

// Writes what was run into titles, claims and labels: the models and datasets
// of their cells in place of "{runs}", the number of training samples in place
// of "{samples}". By the specs of the runs; by the experiment's of cells
// without a run.
void NameRuns(const std::vector<RunFacts>& runs, Experiment& experiment);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_PLANNED_H_
