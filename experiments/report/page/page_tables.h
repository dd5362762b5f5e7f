// The tables of the page.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_TABLES_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_PAGE_TABLES_H_

#include <string>
#include <vector>

#include "experiments/report/facts/page_input.h"

namespace nclab {

// What a panel shows: of a curve its first and last point, of a mark its two
// coordinates, or its name and y; over the seeds, beside the paper's axes. ""
// where it has no point.
std::string SeriesTable(const PageInput& input, const Panel& panel);

// Each panel under each reading: how far from the paper's axes. "" where there
// is one reading alone.
std::string ReadingsTable(const PageInput& input);

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
