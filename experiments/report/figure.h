// Records -> points -> Vega-Lite -> pictures.
#ifndef NCLAB_EXPERIMENTS_REPORT_FIGURE_H_
#define NCLAB_EXPERIMENTS_REPORT_FIGURE_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "experiments/experiment.h"

namespace nclab {

struct Point {
  std::string panel;   // Panel::id
  std::string series;  // the layer
  int64_t seed;
  double x;
  double y;
};

// What each panel shows: every defined value of its curves.
std::vector<Point> PlottedPoints(const Experiment& experiment,
                                 const std::map<int64_t, SeedRows>& rows);

// figure.csv: panel,series,seed,x,y.
std::string PointsToCsv(const std::vector<Point>& points);

// figure.vl.json: panels side by side, a thin line per seed, a bold one for the
// mean of the seeds, the paper's range behind them. The colours are Okabe and
// Ito's, which colour-blind readers tell apart.
std::string ToVegaLite(const Experiment& experiment,
                       const std::vector<Point>& points);

// Draws DIR/figure.vl.json as DIR/figure.{svg,png,pdf} with vl-convert (pinned;
// needs python3). Returns the JavaScript that draws a Vega-Lite specification
// in a page. \error kInternal with the renderer's words.
absl::StatusOr<std::string> RenderFigure(const std::string& directory);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FIGURE_H_
