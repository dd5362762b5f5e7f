#include "tools/draw/vega_lite.h"

namespace nclab {

using Json = nlohmann::ordered_json;

Json Quantitative(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

std::string FigureOfPanels(const std::string& title, const Json& panels,
                           int columns, const Json& more) {
  Json spec = {{"$schema", "https://vega.github.io/schema/vega-lite/v6.json"}};
  if (!title.empty()) spec["title"] = {{"text", title}, {"anchor", "start"}};
  spec["background"] = "white";
  spec["concat"] = panels;
  spec["columns"] = columns;
  spec.update(more);
  return spec.dump(1) + "\n";
}

}  // namespace nclab
