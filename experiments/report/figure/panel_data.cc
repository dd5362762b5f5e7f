#include "experiments/report/figure/panel_data.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "experiments/report/claims/interval.h"

namespace nclab {
namespace {

SeedMean MeanOf(size_t series, const std::vector<const Point*>& points) {
  SeedMean mean = {series, 0, 0, {}, {}, points.size()};
  std::vector<double> xs, ys;
  for (const Point* point : points) {
    mean.x_range.Add(point->x);
    mean.y_range.Add(point->y);
    xs.push_back(point->x);
    ys.push_back(point->y);
  }
  mean.x = Mean(xs);
  mean.y = Mean(ys);
  return mean;
}

// Fills y_shown and cut.
void ChooseShown(const Panel& panel, PanelData& data) {
  data.y_shown = data.y;
  if (!panel.marks.empty() || !panel.log_y) return;
  Extent late;
  for (const Point& point : data.points) {
    if (point.x >= data.x.high / 20) late.Add(point.y);
  }
  const double all = std::log10(data.y.high / data.y.low);
  const double rest = std::log10(late.high / late.low);
  data.cut = all > 1 && all >= 3 * rest;
  if (data.cut) data.y_shown = late;
}

// Whether data on an axis that reaches to the paper's range, too, would still
// have a third of it.
bool Near(const Extent& data, const Range& paper, bool log) {
  const auto at = [log](double v) { return log ? std::log10(v) : v; };
  if (log && (data.low <= 0 || paper.first <= 0)) return false;
  const double low = std::min(at(data.low), at(paper.first));
  const double high = std::max(at(data.high), at(paper.second));
  // A point has some room around it.
  const double least =
      log ? 0.1 : 0.1 * std::max(std::abs(data.low), std::abs(data.high));
  return std::max(at(data.high) - at(data.low), least) >= (high - low) / 3;
}

}  // namespace

void Extent::Add(double value) {
  low = std::min(low, value);
  high = std::max(high, value);
}

PanelData ArrangePoints(const Panel& panel, const std::vector<Point>& points) {
  PanelData data;
  const bool marks = !panel.marks.empty() && panel.x_names.empty();
  for (const Mark& mark : panel.marks) {
    if (std::find(data.series.begin(), data.series.end(), mark.label) ==
        data.series.end()) {
      data.series.push_back(mark.label);
    }
  }
  // What is averaged: by series and, for curves and lines over names, by x.
  std::map<std::pair<size_t, double>, std::vector<const Point*>> groups;
  for (const Point& point : points) {
    if (point.panel != panel.id) continue;
    data.points.push_back(point);
    data.x.Add(point.x);
    data.y.Add(point.y);
    auto series =
        std::find(data.series.begin(), data.series.end(), point.series);
    if (series == data.series.end()) {
      series = data.series.insert(series, point.series);
    }
    const size_t index = static_cast<size_t>(series - data.series.begin());
    groups[{index, marks ? 0 : point.x}].push_back(&point);
  }
  for (const auto& [key, group] : groups) {
    data.several_seeds |= group.size() > 1;
    data.means.push_back(MeanOf(key.first, group));
  }
  if (!data.empty()) ChooseShown(panel, data);
  return data;
}

bool PaperIsNear(const Panel& panel, const PanelData& data) {
  return (!panel.paper_x_range ||
          Near(data.x, *panel.paper_x_range, /*log=*/false)) &&
         Near(data.y_shown, *panel.paper_range, panel.log_y);
}

std::vector<double> LogTicks(double low, double high) {
  const double decades = std::log10(high / low);
  std::vector<double> leading = {1};
  if (decades <= 2.5) leading = {1, 2, 5};
  if (decades <= 1.2) leading = {1, 2, 3, 5, 7};
  std::vector<double> ticks;
  const int last = static_cast<int>(std::floor(std::log10(high)));
  for (int e = static_cast<int>(std::floor(std::log10(low))); e <= last; ++e) {
    for (const double first : leading) {
      // Powers of a negative exponent are not exact; their quotients are near.
      const double tick =
          e < 0 ? first / std::pow(10, -e) : first * std::pow(10, e);
      if (tick >= low && tick <= high) ticks.push_back(tick);
    }
  }
  if (ticks.size() < 2) ticks.clear();
  return ticks;
}

}  // namespace nclab
