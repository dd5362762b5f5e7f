#include "experiments/report/figure/panel_layers.h"

#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "tools/draw/vega_lite.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// Okabe and Ito 2008, those that stand out on white and on black.
const char* const kColours[] = {kFirstColour, "#D55E00", "#009E73",
                                "#E69F00",    "#CC79A7", "#56B4E9"};
// Curves differ in their dashes, too; marks in their shapes.
const std::vector<std::vector<int>> kDashes = {{1, 0},       {8, 3}, {3, 2},
                                               {8, 2, 2, 2}, {2, 4}, {12, 3}};
const char* const kShapes[] = {"circle",        "square", "triangle-up",
                               "diamond",       "cross",  "triangle-down",
                               "triangle-right"};

// Number of a tooltip.
Json Hover(const std::string& field, const std::string& title) {
  Json json = Quantitative(field, title);
  json["format"] = ".4~g";
  return json;
}

Json MeanValues(const PanelData& data) {
  Json values = Json::array();
  for (const SeedMean& mean : data.means) {
    values.push_back({{"series", data.series[mean.series]},
                      {"order", mean.series},
                      {"x", mean.x},
                      {"y", mean.y},
                      {"x_low", mean.x_range.low},
                      {"x_high", mean.x_range.high},
                      {"y_low", mean.y_range.low},
                      {"y_high", mean.y_range.high},
                      {"seeds", mean.seeds}});
  }
  return {{"values", values}};
}

// Colour, and whatever else tells series apart in print.
Json SeriesEncoding(const PanelData& data, bool marks, const Json& title) {
  Json colours = Json::array(), dashes = Json::array(), shapes = Json::array();
  for (size_t i = 0; i < data.series.size(); ++i) {
    colours.push_back(kColours[i % std::size(kColours)]);
    dashes.push_back(kDashes[i % kDashes.size()]);
    shapes.push_back(kShapes[i % std::size(kShapes)]);
  }
  const auto channel = [&](const Json& range) -> Json {
    return {{"field", "series"},
            {"type", "nominal"},
            {"title", title},
            {"sort", data.series},
            {"scale", {{"domain", data.series}, {"range", range}}}};
  };
  if (!marks) {
    Json result = {{"color", channel(colours)},
                   {"strokeDash", channel(dashes)}};
    for (Json& one : result) one["legend"] = {{"symbolType", "stroke"}};
    return result;
  }
  Json colour = channel(colours);
  colour["scale"] = {
      {"domain", data.series},
      {"scheme", {{"name", "viridis"}, {"extent", Json::array({0.25, 0.9})}}}};
  return {{"color", colour}, {"shape", channel(shapes)}};
}

Json SeedTooltip(const Panel& panel, const std::string& series) {
  return Json::array(
      {{{"field", "series"}, {"type", "nominal"}, {"title", series}},
       {{"field", "seed"}, {"type", "nominal"}},
       Hover("x", panel.x_title),
       Hover("y", panel.y_title)});
}

Json MeanTooltip(const Panel& panel, const std::string& series) {
  Json tooltip = Json::array(
      {{{"field", "series"}, {"type", "nominal"}, {"title", series}},
       Hover("x", panel.x_title),
       Hover("y", panel.y_title + ", mean"),
       Hover("y_low", "least seed"),
       Hover("y_high", "greatest seed"),
       {{"field", "seeds"}, {"type", "quantitative"}}});
  return tooltip;
}

}  // namespace

Json PointValues(const PanelData& data) {
  Json values = Json::array();
  for (const Point& point : data.points) {
    values.push_back({{"series", point.series},
                      {"seed", absl::StrCat(point.seed)},
                      {"x", point.x},
                      {"y", point.y}});
  }
  return values;
}

Json CurveLayers(const Panel& panel, const PanelData& data, const Json& x,
                 const Json& y) {
  const bool layers =
      std::all_of(panel.curves.begin(), panel.curves.end(),
                  [](const Curves& curves) { return curves.label.empty(); });
  const std::string word = layers ? "layer" : "curve";
  const Json series =
      SeriesEncoding(data, /*marks=*/false, layers ? Json("layer") : Json());
  const Json means = MeanValues(data);
  Json result = Json::array();
  if (data.several_seeds) {
    Json low = y;
    low["field"] = "y_low";
    result.push_back(
        {{"data", means},
         {"mark", {{"type", "area"}, {"clip", true}, {"opacity", 0.15}}},
         {"encoding",
          {{"x", x},
           {"y", low},
           {"y2", {{"field", "y_high"}}},
           {"color", series["color"]}}}});
    result.push_back(
        {{"mark",
          {{"type", "line"},
           {"clip", true},
           {"opacity", 0.4},
           {"strokeWidth", 0.8}}},
         {"encoding",
          {{"x", x},
           {"y", y},
           {"color", series["color"]},
           {"detail", {{"field", "seed"}, {"type", "nominal"}}}}}});
    result.push_back({{"mark",
                       {{"type", "circle"},
                        {"clip", true},
                        {"size", 30},
                        {"opacity", 0.001}}},
                      {"encoding",
                       {{"x", x},
                        {"y", y},
                        {"color", series["color"]},
                        {"tooltip", SeedTooltip(panel, word)}}}});
  }
  Json bold = {
      {"data", means},
      {"mark", {{"type", "line"}, {"clip", true}, {"strokeWidth", 2.2}}},
      {"encoding", {{"x", x}, {"y", y}}}};
  bold["encoding"].update(series);
  result.push_back(bold);
  result.push_back(
      {{"data", means},
       {"mark",
        {{"type", "circle"}, {"clip", true}, {"size", 22}, {"opacity", 1}}},
       {"encoding",
        {{"x", x},
         {"y", y},
         {"color", series["color"]},
         {"tooltip", MeanTooltip(panel, word)}}}});
  return result;
}

Json MarkLayers(const Panel& panel, const PanelData& data, const Json& x,
                const Json& y) {
  const Json series = SeriesEncoding(data, /*marks=*/true, Json());
  const Json means = MeanValues(data);
  Json joined = {
      {"data", means},
      {"mark", {{"type", "line"}, {"color", kGrey}, {"strokeWidth", 1}}},
      {"encoding", {{"x", x}, {"y", y}}}};
  if (panel.x_names.empty()) {
    joined["encoding"]["order"] = {{"field", "order"},
                                   {"type", "quantitative"}};
  } else {
    joined["mark"].erase("color");
    joined["encoding"]["color"] = series["color"];
  }
  Json result = Json::array({joined});
  if (data.several_seeds) {
    Json x_low = x, y_low = y;
    x_low["field"] = "x_low";
    y_low["field"] = "y_low";
    const Json rule = {{"type", "rule"}, {"opacity", 0.7}};
    result.push_back({{"data", means},
                      {"mark", rule},
                      {"encoding",
                       {{"x", x_low},
                        {"x2", {{"field", "x_high"}}},
                        {"y", y},
                        {"color", series["color"]}}}});
    result.push_back({{"data", means},
                      {"mark", rule},
                      {"encoding",
                       {{"x", x},
                        {"y", y_low},
                        {"y2", {{"field", "y_high"}}},
                        {"color", series["color"]}}}});
    Json seeds = {
        {"mark",
         {{"type", "point"},
          {"filled", true},
          {"size", 22},
          {"opacity", 0.55}}},
        {"encoding",
         {{"x", x}, {"y", y}, {"tooltip", SeedTooltip(panel, "point")}}}};
    seeds["encoding"].update(series);
    result.push_back(seeds);
  }
  Json large = {
      {"data", means},
      {"mark",
       {{"type", "point"},
        {"filled", true},
        {"size", 110},
        {"opacity", 1},
        {"stroke", kGrey},
        {"strokeWidth", 0.8}}},
      {"encoding",
       {{"x", x}, {"y", y}, {"tooltip", MeanTooltip(panel, "point")}}}};
  large["encoding"].update(series);
  result.push_back(large);
  return result;
}

}  // namespace nclab
