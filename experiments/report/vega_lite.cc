// Points -> figure.vl.json.
#include <algorithm>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/figure.h"
#include "experiments/report/panel_data.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// Okabe and Ito 2008, those that stand out on white and on black.
const char* const kColours[] = {"#0072B2", "#D55E00", "#009E73",
                                "#E69F00", "#CC79A7", "#56B4E9"};
// Curves differ in their dashes, too; marks in their shapes.
const std::vector<std::vector<int>> kDashes = {{1, 0},       {8, 3}, {3, 2},
                                               {8, 2, 2, 2}, {2, 4}, {12, 3}};
const char* const kShapes[] = {"circle",        "square", "triangle-up",
                               "diamond",       "cross",  "triangle-down",
                               "triangle-right"};
constexpr char kGrey[] = "#808080";

Json Quantitative(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

// Number of a tooltip.
Json Hover(const std::string& field, const std::string& title) {
  Json json = Quantitative(field, title);
  json["format"] = ".4~g";
  return json;
}

// The points and their means, as Vega-Lite reads them.
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

std::string RangeText(const Range& range) {
  return absl::StrFormat("%g to %g", range.first, range.second);
}

// What the paper's axes show, in words.
std::string PaperText(const Panel& panel) {
  if (!panel.paper_x_range) return RangeText(*panel.paper_range);
  return absl::StrCat("x ", RangeText(*panel.paper_x_range), ", y ",
                      RangeText(*panel.paper_range));
}

// A rectangle: of y alone if `x` is empty.
Json Box(const std::optional<Range>& x, const Range& y, const Json& mark) {
  Json values = {{"low", y.first}, {"high", y.second}};
  Json box = {{"y", {{"field", "low"}, {"type", "quantitative"}}},
              {"y2", {{"field", "high"}}}};
  if (x) {
    values["left"] = x->first;
    values["right"] = x->second;
    box["x"] = {{"field", "left"}, {"type", "quantitative"}};
    box["x2"] = {{"field", "right"}};
  }
  return {{"data", {{"values", Json::array({values})}}},
          {"mark", mark},
          {"encoding", box}};
}

Json PaperMark() {
  return {{"type", "rect"},
          {"clip", true},
          {"color", kGrey},
          {"opacity", 0.18},
          {"tooltip", "range of the paper's axis"}};
}

// A small map of where the paper's axes lie, for a panel that they are too far
// from to be drawn in.
Json Locator(const Panel& panel, const PanelData& data) {
  // With an edge, since one may be very thin on the other's axis.
  Json paper = PaperMark(), ours = PaperMark();
  paper["stroke"] = kGrey;
  paper["strokeWidth"] = 2;
  paper["opacity"] = 0.7;
  ours["color"] = kColours[0];
  ours["stroke"] = kColours[0];
  ours["opacity"] = 0.7;
  ours["tooltip"] = "what the panel shows";
  const auto axis = [](const char* field) -> Json {
    return {{"field", field},
            {"type", "quantitative"},
            {"title", Json()},
            {"scale", {{"zero", false}, {"padding", 6}}},
            {"axis", {{"tickCount", 3}, {"labelFontSize", 9}}}};
  };
  Json layers =
      Json::array({Box(panel.paper_x_range, *panel.paper_range, paper),
                   Box(Range{data.x.low, data.x.high},
                       Range{data.y.low, data.y.high}, ours)});
  for (Json& layer : layers) {
    Json& encoding = layer["encoding"];
    encoding["y"] = axis("low");
    if (encoding.contains("x")) encoding["x"] = axis("left");
  }
  return {{"title",
           {{"text", "grey: the paper's axes; blue: ours"},
            {"fontSize", 10},
            {"fontWeight", "normal"},
            {"anchor", "start"}}},
          {"width", 110},
          {"height", 90},
          {"layer", layers}};
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

// A thin line per seed, a bold one for their mean in a band from the least to
// the greatest.
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

// A small mark per seed; large ones for their means, joined in order, with
// lines from the least to the greatest seed.
Json MarkLayers(const Panel& panel, const PanelData& data, const Json& x,
                const Json& y) {
  const Json series = SeriesEncoding(data, /*marks=*/true, Json());
  const Json means = MeanValues(data);
  Json result = Json::array(
      {{{"data", means},
        {"mark", {{"type", "line"}, {"color", kGrey}, {"strokeWidth", 1}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"order", {{"field", "order"}, {"type", "quantitative"}}}}}}});
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

// Width of a panel, pixels: a row of them fits a page.
int PanelWidth(int columns) {
  return columns == 1 ? 440 : columns == 2 ? 310 : 1000 / columns - 85;
}

// A panel whose paper's range is far has the locator beside it.
Json PanelSpec(const Panel& panel, int columns, const PanelData& data) {
  const int width = PanelWidth(columns);
  const int height = width * (columns > 2 ? 3 : 7) / (columns > 2 ? 4 : 10);
  Json title = {{"text", panel.title}, {"anchor", "start"}, {"frame", "group"}};
  const bool near =
      panel.paper_range && !data.empty() && PaperIsNear(panel, data);
  Json notes = Json::array();
  if (panel.paper_range) {
    notes.push_back(
        absl::StrCat("the paper's ", panel.paper_x_range ? "axes" : "axis",
                     near ? " (grey): " : ", not drawn: ", PaperText(panel)));
  }
  if (data.cut) notes.push_back("the first steps lie outside");
  if (!notes.empty()) title["subtitle"] = notes;
  Json spec = {{"title", title}, {"width", width}, {"height", height}};
  if (data.empty()) {
    spec["data"] = {{"values", Json::array({{{"text", "not run"}}})}};
    spec["mark"] = {{"type", "text"}, {"color", kGrey}, {"fontSize", 13}};
    spec["encoding"] = {{"text", {{"field", "text"}}}};
    return spec;
  }
  Json x = Quantitative("x", panel.x_title);
  Json y = Quantitative("y", panel.y_title);
  x["axis"] = {{"tickCount", width / 60}};
  if (panel.marks.empty()) {
    x["scale"] = {{"nice", false}};
    x["axis"]["labelExpr"] =
        "datum.value === 0 ? '0' : format(datum.value, '~s')";
  } else {
    x["scale"] = {{"zero", false}, {"padding", 12}};
  }
  y["axis"] = {{"tickCount", 6}};
  if (panel.log_y) {
    Extent shown = data.y_shown;
    if (near) {
      shown.Add(panel.paper_range->first);
      shown.Add(panel.paper_range->second);
    }
    constexpr double kRoom = 1.12;
    const double low = shown.low / kRoom, high = shown.high * kRoom;
    y["scale"] = {
        {"type", "log"}, {"nice", false}, {"domain", Json::array({low, high})}};
    y["axis"]["format"] = "~g";
    const std::vector<double> ticks = LogTicks(low, high);
    if (!ticks.empty()) y["axis"]["values"] = ticks;
  } else {
    y["scale"] = {{"zero", false}};
    if (!panel.marks.empty()) y["scale"]["padding"] = 12;
  }
  Json layers = Json::array();
  if (near) {
    layers.push_back(Box(panel.paper_x_range, *panel.paper_range, PaperMark()));
  }
  for (const Json& layer : panel.marks.empty()
                               ? CurveLayers(panel, data, x, y)
                               : MarkLayers(panel, data, x, y)) {
    layers.push_back(layer);
  }
  spec["data"] = {{"values", PointValues(data)}};
  spec["layer"] = layers;
  if (panel.paper_range && !near && panel.paper_x_range) {
    return {{"hconcat", Json::array({spec, Locator(panel, data)})},
            {"spacing", 8}};
  }
  return spec;
}

// Whether one legend serves all panels.
bool SameSeries(const std::vector<PanelData>& all) {
  const PanelData* first = nullptr;
  for (const PanelData& data : all) {
    if (data.empty()) continue;
    if (first == nullptr) first = &data;
    if (data.series != first->series) return false;
  }
  return true;
}

}  // namespace

std::string ToVegaLite(const Experiment& experiment,
                       const std::vector<Point>& points) {
  std::vector<PanelData> data;
  for (const Panel& panel : experiment.panels) {
    data.push_back(ArrangePoints(panel, points));
  }
  Json panels = Json::array();
  for (size_t i = 0; i < data.size(); ++i) {
    panels.push_back(
        PanelSpec(experiment.panels[i], experiment.columns, data[i]));
  }
  const char* const legends = SameSeries(data) ? "shared" : "independent";
  const Json spec = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v6.json"},
      {"title", {{"text", experiment.title}, {"anchor", "start"}}},
      {"background", "white"},
      {"concat", panels},
      {"columns", experiment.columns},
      {"spacing", 24},
      {"resolve",
       {{"scale",
         {{"color", legends}, {"strokeDash", legends}, {"shape", legends}}}}},
      {"config",
       {{"axis", {{"labelFontSize", 11}, {"titleFontSize", 11}}},
        {"title",
         {{"fontSize", 13},
          {"subtitleFontSize", 11},
          {"subtitleColor", "#666666"}}},
        {"legend",
         {{"labelFontSize", 11},
          {"labelLimit", 0},
          {"orient", "top"},
          {"symbolSize", 80},
          {"symbolStrokeWidth", 2},
          {"symbolOpacity", 1}}}}}};
  return spec.dump(1) + "\n";
}

}  // namespace nclab
