#include "experiments/report/figure/figure.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "experiments/axes.h"
#include "tools/base/text/csv.h"
#include "tools/base/text/numbers.h"

namespace nclab {

std::vector<Point> PlottedPoints(const Experiment& experiment,
                                 const std::map<int64_t, SeedRows>& rows) {
  std::vector<Point> points;
  for (const Panel& panel : experiment.panels) {
    for (const auto& [seed, cells] : rows) {
      for (const PanelPoint& point : PointsOf(panel, cells)) {
        if (std::max(point.x.lack, point.y.lack) != Lack::kNothing) continue;
        if (point.y.value <= 0 && panel.log_y) continue;
        points.push_back(
            {panel.id, point.series, seed, point.x.value, point.y.value});
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
