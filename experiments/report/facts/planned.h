// What the runs of an experiment say of panels and claims.
#ifndef NCLAB_EXPERIMENTS_REPORT_FACTS_PLANNED_H_
#define NCLAB_EXPERIMENTS_REPORT_FACTS_PLANNED_H_

#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/facts/page_input.h"

namespace nclab {

// Writes what was run into titles, claims and labels: the models and datasets
// of their cells in place of "{runs}", by the experiment's specs of cells
// without a run; the number of training samples in place of "{samples}"; whose
// means the variances are around in place of "{anchor}".
// Where `reading` reads variances in another convention, "{runs}" says so.
void NameRuns(const std::vector<RunFacts>& runs, const Reading& reading,
              Experiment& experiment);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FACTS_PLANNED_H_
