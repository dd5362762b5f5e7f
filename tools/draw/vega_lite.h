// What every figure.vl.json has in common.
#ifndef NCLAB_TOOLS_DRAW_VEGA_LITE_H_
#define NCLAB_TOOLS_DRAW_VEGA_LITE_H_

#include <string>

#include "nlohmann/json.hpp"

namespace nclab {

// An encoding of a field of numbers.
nlohmann::ordered_json Quantitative(const std::string& field,
                                    const std::string& title);

// The text of a specification: `panels`, so many in a row, on white. `title`
// may be ""; `more` are further members of the specification.
std::string FigureOfPanels(const std::string& title,
                           const nlohmann::ordered_json& panels, int columns,
                           const nlohmann::ordered_json& more);

}  // namespace nclab

#endif  // NCLAB_TOOLS_DRAW_VEGA_LITE_H_
