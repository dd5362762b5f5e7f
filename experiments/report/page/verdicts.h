// The claims of the page, and their verdicts.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_VERDICTS_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_VERDICTS_H_

#include <string>

#include "experiments/report/facts/page_input.h"

namespace nclab {

// A verdict's name behind `before`, in its colour.
std::string VerdictSpan(Verdict verdict, const std::string& before = "");

// Those that have a place in a table, as one; then each claim as a sentence
// with its verdict, effect, interval, test and seeds, those of the table and of
// what was not run folded away.
std::string Claims(const PageInput& input);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_VERDICTS_H_
