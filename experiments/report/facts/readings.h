// How far each reading is from the paper's axes, wherever it was run.
#ifndef NCLAB_EXPERIMENTS_REPORT_FACTS_READINGS_H_
#define NCLAB_EXPERIMENTS_REPORT_FACTS_READINGS_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiments/report/facts/page_input.h"

namespace nclab {

// OnAxes() of every panel with a paper_range: under the reading of `page`;
// under its other readings as far as they only look at the same runs otherwise;
// and from claims.json of the outputs of this experiment that lie beside `out`.
// `rows`: of the runs of `page`.
std::vector<AxesRow> ReadingsBeside(const std::string& out,
                                    const std::map<int64_t, SeedRows>& rows,
                                    const PageInput& page);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FACTS_READINGS_H_
