#include "experiments/report/figure/figure.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "tools/base/text/csv.h"
#include "tools/base/text/numbers.h"

namespace nclab {

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
        const std::vector<MetricRow>& of_run = cell->second.rows;
        const Quantity& quantity = curves.quantity;
        for (const std::string& layer : SelectLayers(of_run, quantity.layers)) {
          for (const MetricRow& row : of_run) {
            if (!IsOf(row, quantity, layer)) continue;
            add(curves.label.empty() ? layer : curves.label, seed,
                static_cast<double>(row.step), row.value);
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
  std::string text = CsvLine({"panel", "series", "seed", "x", "y"});
  for (const Point& p : points) {
    text += CsvLine({p.panel, p.series, absl::StrCat(p.seed), FormatDouble(p.x),
                     FormatDouble(p.y)});
  }
  return text;
}

}  // namespace nclab
