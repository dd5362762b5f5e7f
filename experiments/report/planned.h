// What the specs of an experiment's runs say of panels and claims.
#ifndef NCLAB_EXPERIMENTS_REPORT_PLANNED_H_
#define NCLAB_EXPERIMENTS_REPORT_PLANNED_H_

#include <cstdint>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/page_input.h"

namespace nclab {

// SGD steps of an epoch; 1 where the spec alone does not tell how many samples
// there are (data that are made).
int64_t StepsPerEpoch(const RunSpec& spec);

// Writes what was run in place of "{runs}" in the titles of panels and the
// texts of claims: the models and datasets of their cells, by the runs' specs,
// of cells without a run by the experiment's.
void NameRuns(const std::vector<RunFacts>& runs, Experiment& experiment);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PLANNED_H_
