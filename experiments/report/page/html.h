// Words and numbers of the page.
#ifndef NCLAB_EXPERIMENTS_REPORT_PAGE_HTML_H_
#define NCLAB_EXPERIMENTS_REPORT_PAGE_HTML_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace nclab {

// `text` as the text of an element or the value of an attribute.
std::string Escape(absl::string_view text);

// JSON as it may stand in a script element: without "</".
std::string ScriptSafe(const std::string& json);

// Four digits; "" if it is not a number.
std::string Number(double value);

// "mean", or "mean ± deviation" where values differ; "" with none.
std::string MeanAndDeviation(const std::vector<double>& values);

// `html` in a paler colour; "" of "".
std::string Muted(const std::string& html);

// `text`, escaped, as code.
std::string Code(const std::string& text);

// `html` behind a line that opens it.
std::string Folded(const std::string& summary, const std::string& html);

// <ul> of escaped items.
std::string List(const std::vector<std::string>& items);

// A <table> row by row, in a box that scrolls where the page is narrow. Cells
// are HTML. A column without any text is left out.
class Table {
 public:
  explicit Table(const std::vector<std::string>& headings);
  void AddRow(std::vector<std::string> cells);  // one for each heading
  // A first cell, and one over all other columns.
  void AddWideRow(std::string first, std::string rest);
  std::string Html() const;

 private:
  std::vector<std::string> headings_;
  std::vector<std::vector<std::string>> rows_;  // a wide one has two cells
};

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_PAGE_HTML_H_
