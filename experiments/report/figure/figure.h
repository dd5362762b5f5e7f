// Records -> points -> Vega-Lite.
#ifndef NCLAB_EXPERIMENTS_REPORT_FIGURE_FIGURE_H_
#define NCLAB_EXPERIMENTS_REPORT_FIGURE_FIGURE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace nclab {

struct Point {
  std::string panel;   // Panel::id
  std::string series;  // the curve or the mark
  int64_t seed;
  double x;
  double y;
};

// What each panel shows: every defined value of its curves, every mark whose
// two numbers are there.
std::vector<Point> PlottedPoints(const Experiment& experiment,
                                 const std::map<int64_t, SeedRows>& rows);

// figure.csv: panel,series,seed,x,y.
std::string PointsToCsv(const std::vector<Point>& points);

// figure.vl.json: the panels that have points, in rows of Experiment::columns
// ("not run" where none has). Curves have a thin
// line per seed and a bold one for the mean, in a band from the least to the
// greatest seed; marks are small for seeds and large for their mean. The
// paper's range lies behind them where the data fill a third of the common
// axis; otherwise it is in words, and panels of marks have a small map of where
// it lies. Series differ in dashes or shapes, too; the colours are Okabe and
// Ito's for curves, viridis for marks, which colour-blind readers tell apart.
std::string ToVegaLite(const Experiment& experiment,
                       const std::vector<Point>& points);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FIGURE_FIGURE_H_
