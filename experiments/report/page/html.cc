#include "experiments/report/page/html.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "experiments/report/claims/interval.h"
#include "tools/base/logging.h"

namespace nclab {

std::string Escape(absl::string_view text) {
  return absl::StrReplaceAll(
      text, {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

std::string ScriptSafe(const std::string& json) {
  return absl::StrReplaceAll(json, {{"</", "<\\/"}});
}

std::string Number(double value) {
  return std::isnan(value) ? "" : absl::StrFormat("%.4g", value);
}

std::string MeanAndDeviation(const std::vector<double>& values) {
  if (values.empty()) return "";
  const double n = static_cast<double>(values.size());
  const double mean = Mean(values);
  if (values.size() < 2) return Number(mean);
  double squares = 0;
  for (const double v : values) squares += (v - mean) * (v - mean);
  if (squares == 0) return Number(mean);
  return absl::StrFormat("<span class=\"n\">%.4g &plusmn; %.2g</span>", mean,
                         std::sqrt(squares / (n - 1)));
}

std::string Muted(const std::string& html) {
  return html.empty() ? ""
                      : absl::StrCat("<span class=\"muted\">", html, "</span>");
}

std::string Code(const std::string& text) {
  return absl::StrCat("<code>", Escape(text), "</code>");
}

std::string Folded(const std::string& summary, const std::string& html) {
  return absl::StrCat("<details><summary>", summary, "</summary>\n", html,
                      "</details>\n");
}

std::string List(const std::vector<std::string>& items) {
  std::string html = "<ul>\n";
  for (const std::string& item : items) {
    absl::StrAppend(&html, "<li>", Escape(item), "</li>\n");
  }
  return html + "</ul>\n";
}

Table::Table(const std::vector<std::string>& headings) : headings_(headings) {}

void Table::AddRow(std::vector<std::string> cells) {
  CHECK_EQ(cells.size(), headings_.size());
  rows_.push_back(std::move(cells));
}

void Table::AddWideRow(std::string first, std::string rest) {
  rows_.push_back({std::move(first), std::move(rest)});
}

std::string Table::Html() const {
  std::vector<size_t> kept;  // columns
  for (size_t i = 0; i < headings_.size(); ++i) {
    const bool any = std::any_of(
        rows_.begin(), rows_.end(), [&](const std::vector<std::string>& row) {
          return row.size() == headings_.size() && !row[i].empty();
        });
    if (any || i == 0) kept.push_back(i);
  }
  std::string html = "<div class=\"wide\"><table>\n<tr>";
  for (const size_t i : kept) {
    absl::StrAppend(&html, "<th>", headings_[i], "</th>");
  }
  for (const std::vector<std::string>& row : rows_) {
    absl::StrAppend(&html, "</tr>\n<tr>");
    if (row.size() != headings_.size()) {
      absl::StrAppend(&html, "<td>", row[0], "</td><td colspan=\"",
                      std::max<size_t>(kept.size(), 2) - 1, "\">", row[1],
                      "</td>");
      continue;
    }
    for (const size_t i : kept) {
      absl::StrAppend(&html, "<td>", row[i], "</td>");
    }
  }
  return html + "</tr>\n</table></div>\n";
}

}  // namespace nclab
