#include "experiments/report/figure.h"

#include <cmath>
#include <cstdio>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "tools/base/files.h"
#include "tools/base/numbers.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// `text` in single quotes for a shell.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::vector<Point> PlottedPoints(const Experiment& experiment,
                                 const std::map<int64_t, SeedRows>& rows) {
  std::vector<Point> points;
  for (const Panel& panel : experiment.panels) {
    const auto add = [&](const std::string& series, int64_t seed, double x,
                         double y) {
      if (!std::isfinite(y) || (y <= 0 && panel.log_y)) return;
      points.push_back({panel.id, series, seed, x, y});
    };
    for (const auto& [seed, cells] : rows) {
      for (const Curves& curves : panel.curves) {
        const auto cell = cells.find(curves.cell);
        if (cell == cells.end()) continue;
        const Quantity& quantity = curves.quantity;
        for (const std::string& layer :
             SelectLayers(cell->second, quantity.layers)) {
          for (const MetricRow& row : cell->second) {
            if (row.layer == layer && row.split == quantity.split &&
                row.metric == quantity.metric &&
                row.anchor == quantity.anchor) {
              add(curves.label.empty() ? layer : curves.label, seed,
                  static_cast<double>(row.step), row.value);
            }
          }
        }
      }
      for (const Mark& mark : panel.marks) {
        const std::optional<double> x = FindValue(cells, mark.x);
        const std::optional<double> y = FindValue(cells, mark.y);
        if (x && y) add(mark.label, seed, *x, *y);
      }
    }
  }
  return points;
}

std::string PointsToCsv(const std::vector<Point>& points) {
  std::string text = "panel,series,seed,x,y\n";
  for (const Point& p : points) {
    absl::StrAppend(&text, p.panel, ",", p.series, ",", p.seed, ",",
                    FormatDouble(p.x), ",", FormatDouble(p.y), "\n");
  }
  return text;
}

absl::StatusOr<std::string> RenderFigure(const std::string& directory) {
  const std::string root = Runfile("vl_convert/site/root.txt");
  const std::string script = Runfile("experiments/report/render.py");
  if (root.empty() || script.empty()) {
    return absl::InternalError(
        "The renderer is not among this program's files. Start it by bazel "
        "run.");
  }
  const std::string command = absl::StrCat(
      "PYTHONPATH=", Quoted(std::filesystem::path(root).parent_path().string()),
      " python3 ", Quoted(script), " ", Quoted(directory), " 2>&1");
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return absl::InternalError("Cannot start python3.");
  std::string words;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    words.append(buffer, n);
  }
  if (pclose(pipe) != 0) {
    return absl::InternalError(
        absl::StrCat("Drawing ", directory, "/figure failed: ", words));
  }
  const std::string bundle = directory + "/.vega.js";
  NCLAB_ASSIGN_OR_RETURN(std::string javascript, ReadFile(bundle));
  std::filesystem::remove(bundle);
  return javascript;
}

}  // namespace nclab
