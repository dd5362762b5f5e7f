#include "experiments/axes.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"

namespace nclab {
namespace {

// Powers of ten from `value` to `range`.
double Distance(double value, const Range& range) {
  if (value <= 0) return std::nan("");
  return std::max(
      {0.0, std::log10(range.first / value), std::log10(value / range.second)});
}

// Of all plotted values of a seed, the farthest.
Result Farthest(const Panel& panel, const SeedRows& seed) {
  Result farthest = {0, Lack::kLeftOut};
  for (const PanelPoint& point : PointsOf(panel, seed)) {
    const bool curve = panel.marks.empty();
    if (point.share < kPaperShowsFrom) continue;
    const Lack lack = std::max(point.x.lack, point.y.lack);
    if (lack == Lack::kLeftOut) continue;
    // What a curve does not have at a step is not plotted.
    if (lack == Lack::kUndefined && curve) continue;
    if (lack != Lack::kNothing) return {0, lack};
    double distance = Distance(point.y.value, *panel.paper_range);
    if (panel.paper_x_range) {
      distance =
          std::max(distance, Distance(point.x.value, *panel.paper_x_range));
    }
    if (std::isnan(distance)) return {0, Lack::kUndefined};
    farthest = {std::max(farthest.value, distance)};
  }
  return farthest;
}

std::string RangeText(const Range& range) {
  return absl::StrFormat("%g to %g", range.first, range.second);
}

}  // namespace

std::vector<PanelPoint> PointsOf(const Panel& panel, const SeedRows& seed) {
  std::vector<PanelPoint> points;
  for (const Curves& curves : panel.curves) {
    const auto run = seed.find(curves.cell);
    if (run == seed.end()) continue;
    if (run->second.rows.empty()) {
      points.push_back({curves.label, {}, curves.y.In({seed})[0].second});
      continue;
    }
    const std::vector<int64_t> steps = Steps(run->second.rows);
    // By number, then by step.
    std::vector<std::pair<std::string, std::vector<PanelPoint>>> by_name;
    for (const int64_t step : steps) {
      const double x = static_cast<double>(step);
      for (const auto& [name, y] : curves.y.In({seed, step})) {
        auto of =
            std::find_if(by_name.begin(), by_name.end(),
                         [&](const auto& one) { return one.first == name; });
        if (of == by_name.end()) of = by_name.insert(of, {name, {}});
        of->second.push_back({curves.label.empty() ? name : curves.label,
                              {x},
                              y,
                              x / static_cast<double>(steps.back())});
      }
    }
    for (const auto& [name, one] : by_name) {
      points.insert(points.end(), one.begin(), one.end());
    }
  }
  for (const Mark& mark : panel.marks) {
    points.push_back({mark.label, mark.x.In({seed}), mark.y.In({seed})});
  }
  return points;
}

std::string AxesClaimId(const Panel& panel) { return "on_axes_" + panel.id; }

Claim OnAxes(const Panel& panel) {
  std::vector<std::string> cells;
  for (const Curves& curves : panel.curves) cells.push_back(curves.cell);
  for (const Mark& mark : panel.marks) {
    for (const Number& number : {mark.x, mark.y}) {
      cells.insert(cells.end(), number.cells().begin(), number.cells().end());
    }
  }
  std::sort(cells.begin(), cells.end());
  cells.erase(std::unique(cells.begin(), cells.end()), cells.end());
  return {.id = AxesClaimId(panel),
          .text = absl::StrCat(
              panel.title, ": every value",
              panel.curves.empty() ? "" : " from a tenth of the steps on",
              " lies within the paper's ",
              panel.paper_x_range ? "axes, x " : "axis, ",
              panel.paper_x_range
                  ? absl::StrCat(RangeText(*panel.paper_x_range), " and y ")
                  : "",
              RangeText(*panel.paper_range), "."),
          .effect = "distance of the farthest value, in powers of ten",
          .statistic = ClaimStatistic::Distance(Number(
              cells,
              [=](const Scope& scope) { return Farthest(panel, scope.seed); })),
          .needs = panel.needs};
}

}  // namespace nclab
