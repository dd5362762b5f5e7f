// report.html: one file that opens without a network.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_

#include <string>

#include "absl/status/status.h"
#include "experiments/report/facts/page_input.h"

namespace nclab {

// The text of report.html. Sections that have nothing to say are left out.
std::string ReportPage(const PageInput& input);

// Writes it into `out`; why the page has no picture goes to `drawing`.
// \error kInternal for that if `drawing` is nullptr.
absl::Status WritePage(const std::string& out, const PageInput& input,
                       absl::Status* drawing);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_H_
