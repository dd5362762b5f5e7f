// What is drawn in a panel, as layers of Vega-Lite.
#ifndef NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_LAYERS_H_
#define NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_LAYERS_H_

#include <string>

#include "experiments/report/figure/panel_data.h"
#include "nlohmann/json.hpp"

namespace nclab {

// The colour of the first curve, and that of what is not data: Okabe and Ito's
// blue, a grey that shows on white and on black.
inline constexpr char kFirstColour[] = "#0072B2";
inline constexpr char kGrey[] = "#808080";

// The points, as the data of the layers below: series, seed, x, y.
nlohmann::ordered_json PointValues(const PanelData& data);

// A thin line per seed, a bold one for their mean in a band from the least to
// the greatest. x and y are encodings.
nlohmann::ordered_json CurveLayers(const Panel& panel, const PanelData& data,
                                   const nlohmann::ordered_json& x,
                                   const nlohmann::ordered_json& y);

// A small mark per seed; large ones for their means, joined in order or, over
// names, in a line of each series, with lines from the least to the greatest
// seed.
nlohmann::ordered_json MarkLayers(const Panel& panel, const PanelData& data,
                                  const nlohmann::ordered_json& x,
                                  const nlohmann::ordered_json& y);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_FIGURE_PANEL_LAYERS_H_
