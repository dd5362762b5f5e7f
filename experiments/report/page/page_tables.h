// The tables of the page.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_TABLES_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_TABLES_H_

#include <string>
#include <vector>

#include "experiments/report/page/page_input.h"

namespace nclab {

// A verdict's name behind `before`, in its colour.
std::string VerdictSpan(Verdict verdict, const std::string& before = "");

// Each claim with its verdict, effect, interval, test and seeds.
std::string ClaimsTable(const PageInput& input);

// What the figure shows: of a curve its first and last point, of a mark its two
// coordinates; over the seeds, beside the paper's axes.
std::string SeriesTable(const PageInput& input);

// The end of each cell, over its seeds, then of each run.
std::string CellsTable(const PageInput& input);

// Each cell's settings beside the paper's where they differ, and every spec.
std::string SettingsTable(const PageInput& input);

// On what each run was made.
std::string ProvenanceTable(const PageInput& input);

// Everything in which this differs from the paper, a sentence each.
std::vector<std::string> Deviations(const PageInput& input);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_TABLES_H_
