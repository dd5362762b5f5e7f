// The points of a panel, and whether they lie on the paper's axes.
#ifndef NCLAB_EXPERIMENTS_AXES_H_
#define NCLAB_EXPERIMENTS_AXES_H_

#include <string>
#include <vector>

#include "experiments/panel.h"

namespace nclab {

// A point of one seed, whether or not its numbers are there.
struct PanelPoint {
  std::string series;  // the curve or the mark
  Result x, y;
  double share = 1;  // of a curve: of the run's steps
};

// Those of the panel's curves, each by step, then its marks. A curve whose run
// is not there is one point that lacks y.
std::vector<PanelPoint> PointsOf(const Panel& panel, const SeedRows& seed);

// Of a curve, what the paper's can show: its released code evaluates every
// tenth of the steps (PAPER.md, section 6), and nclab densely before.
inline constexpr double kPaperShowsFrom = 0.1;

std::string AxesClaimId(const Panel& panel);

// That every plotted value, of a curve from kPaperShowsFrom on, lies within the
// ranges of the paper's axes. Its effect is a distance: how many powers of ten
// the farthest value lies outside, 0 within. `panel` has a paper_range.
Claim OnAxes(const Panel& panel);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_AXES_H_
