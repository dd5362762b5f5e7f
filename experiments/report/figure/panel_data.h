// The points of a panel, arranged for drawing.
#ifndef NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_DATA_H_
#define NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_DATA_H_

#include <limits>
#include <string>
#include <vector>

#include "experiments/experiment.h"
#include "experiments/report/figure/figure.h"

namespace nclab {

// Least and greatest of some numbers.
struct Extent {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void Add(double value);
};

// Over the seeds of one curve at one step, or of one mark.
struct SeedMean {
  size_t series;  // index into PanelData::series
  double x, y;
  Extent x_range, y_range;  // from the least seed to the greatest
  size_t seeds;
};

struct PanelData {
  std::vector<Point> points;
  std::vector<SeedMean> means;      // by series, then by step
  std::vector<std::string> series;  // marks in their order, curves as they come
  Extent x, y;                      // of the points
  // What the y axis has to show. Curves of a run begin far above where they
  // stay: where the first twentieth of the steps needs three times the
  // logarithmic axis of the rest, the rest decides, and the start is cut.
  Extent y_shown;
  bool cut = false;
  bool several_seeds = false;

  bool empty() const { return points.empty(); }
};

PanelData ArrangePoints(const Panel& panel, const std::vector<Point>& points);

// Whether the data would have a third of an axis that reaches to the paper's
// range, too, on every axis whose range is known.
bool PaperIsNear(const Panel& panel, const PanelData& data);

// Round numbers from `low` to `high` for a logarithmic axis: 1, 2, 3, 5, 7
// times a power of ten within about a decade, fewer beyond. Empty where there
// would be fewer than two.
std::vector<double> LogTicks(double low, double high);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_DATA_H_
