// report.html: one file that opens without a network.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_

#include <string>

#include "experiments/report/page/page_input.h"

namespace nclab {

// Sections that have nothing to say are left out.
std::string ReportPage(const PageInput& input);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_
