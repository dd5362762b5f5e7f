#include "experiments/report/sweep_report.h"

#include <algorithm>
#include <filesystem>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/page/page.h"
#include "tools/base/files/files.h"
#include "tools/base/status_macros.h"
#include "tools/base/text/csv.h"
#include "tools/base/text/numbers.h"

namespace nclab {
namespace {

// A number of a run: at its end in the table, over the steps in the figure.
struct Column {
  const char* title;
  Quantity quantity;
  bool drawn;
};

// Those that some run has; all where none has any.
std::vector<Column> Columns(const std::vector<RunFacts>& runs) {
  const std::vector<Column> all = {
      {"train loss", {"loss", "train", "", ""}, false},
      {"train accuracy", {"accuracy", "train", "", ""}, false},
      {"test accuracy", {"accuracy", "test", "", ""}, true},
      {"TrainVariance", TrainVariance(), true},
      {"StrongTestVariance", StrongTestVariance(), true}};
  std::vector<Column> used;
  for (const Column& column : all) {
    if (std::any_of(runs.begin(), runs.end(), [&](const RunFacts& run) {
          return ValueAtEnd(run.rows, column.quantity).has_value();
        })) {
      used.push_back(column);
    }
  }
  return used.empty() ? all : used;
}

// sweep.csv: nan where a run has no number, and why.
std::string Csv(const std::vector<RunFacts>& runs,
                const std::vector<Column>& columns) {
  std::vector<std::string> line = {"run", "cell", "seed"};
  for (const Column& column : columns) line.push_back(column.title);
  line.push_back("problem");
  std::string csv = CsvLine(line);
  for (const RunFacts& run : runs) {
    line = {std::filesystem::path(run.run.directory).filename().string(),
            run.run.cell, absl::StrCat(run.run.seed)};
    for (const Column& column : columns) {
      const auto value = ValueAtEnd(run.rows, column.quantity);
      line.push_back(value ? FormatDouble(*value) : "nan");
    }
    line.push_back(run.problem);
    csv += CsvLine(line);
  }
  return csv;
}

std::string TableOfMeans(const std::vector<RunFacts>& runs,
                         const std::vector<Column>& columns) {
  std::vector<std::string> cells;
  std::map<std::string, std::vector<const RunFacts*>> by_cell;
  for (const RunFacts& run : runs) {
    auto& of_cell = by_cell[run.run.cell];
    if (of_cell.empty()) cells.push_back(run.run.cell);
    of_cell.push_back(&run);
  }
  std::string text = "runs";
  for (const Column& column : columns) {
    absl::StrAppendFormat(&text, "  %18s", column.title);
  }
  text += "  cell\n";
  for (const std::string& cell : cells) {
    const auto& of_cell = by_cell[cell];
    absl::StrAppendFormat(
        &text, "%4d",
        std::count_if(of_cell.begin(), of_cell.end(), [](const RunFacts* run) {
          return run->problem.empty();
        }));
    for (const Column& column : columns) {
      double sum = 0;
      int n = 0;
      for (const RunFacts* run : of_cell) {
        if (const auto value = ValueAtEnd(run->rows, column.quantity)) {
          sum += *value;
          ++n;
        }
      }
      absl::StrAppendFormat(&text, "  %18s",
                            n == 0 ? "none" : absl::StrFormat("%.4g", sum / n));
    }
    absl::StrAppend(&text, "  ", cell, "\n");
  }
  return text;
}

// A panel per drawn column, a curve per cell.
std::vector<Panel> Panels(const std::vector<RunFacts>& runs,
                          const std::vector<Column>& columns) {
  std::vector<std::string> cells;
  for (const RunFacts& run : runs) {
    if (std::find(cells.begin(), cells.end(), run.run.cell) == cells.end()) {
      cells.push_back(run.run.cell);
    }
  }
  const bool any = std::any_of(columns.begin(), columns.end(),
                               [](const Column& c) { return c.drawn; });
  std::vector<Panel> panels;
  for (const Column& column : columns) {
    if (any && !column.drawn) continue;
    Panel panel;
    panel.id = column.title;
    panel.title = column.title;
    panel.x_title = "SGD iterations";
    panel.y_title = column.title;
    panel.log_y = column.quantity.metric == "variance_ratio";
    for (const std::string& cell : cells) {
      panel.curves.push_back({cell, column.quantity, cell});
    }
    panels.push_back(std::move(panel));
  }
  return panels;
}

}  // namespace

absl::StatusOr<std::string> WriteSweepReport(const std::string& out,
                                             const ReportRequest& request,
                                             absl::Status* drawing) {
  const ExperimentInfo info = {.name = kSweep};
  PageInput page;
  page.info = &info;
  page.request = request;
  NCLAB_ASSIGN_OR_RETURN(page.runs, ReadRuns(out, request));
  const std::vector<Column> columns = Columns(page.runs);
  NCLAB_RETURN_IF_ERROR(
      WriteFileAtomically(out + "/sweep.csv", Csv(page.runs, columns)));
  page.experiment.title = absl::StrCat(page.runs.size(), " runs");
  page.experiment.columns = 3;
  page.experiment.panels = Panels(page.runs, columns);
  NCLAB_RETURN_IF_ERROR(DrawFigure(out, RowsOf(page.runs), page));
  NCLAB_RETURN_IF_ERROR(WritePage(out, page, drawing));
  return TableOfMeans(page.runs, columns);
}

}  // namespace nclab
