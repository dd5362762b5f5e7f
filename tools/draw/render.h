// Vega-Lite -> pictures, by vl-convert (pinned; needs python3; a release has it).
#ifndef NCLAB_TOOLS_DRAW_RENDER_H_
#define NCLAB_TOOLS_DRAW_RENDER_H_

#include <string>

#include "absl/status/statusor.h"

namespace nclab {

// Draws DIR/figure.vl.json as DIR/figure.{svg,png,pdf}. Returns the JavaScript
// that draws a Vega-Lite specification in a page. \error kInternal with the
// renderer's words.
absl::StatusOr<std::string> RenderFigure(const std::string& directory);

}  // namespace nclab

#endif  // NCLAB_TOOLS_DRAW_RENDER_H_
