#include "experiments/report/figure.h"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <iterator>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "nlohmann/json.hpp"
#include "tools/base/files.h"
#include "tools/base/numbers.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

// Okabe and Ito 2008, without black and yellow.
const char* const kColours[] = {"#0072B2", "#E69F00", "#009E73",
                                "#CC79A7", "#D55E00", "#56B4E9"};

Json Axis(const std::string& field, const std::string& title) {
  return {{"field", field}, {"type", "quantitative"}, {"title", title}};
}

// The paper's range, behind the data: a band in y, or a box where the range of
// x is known too.
Json Band(const Panel& panel) {
  Json range = {{"low", panel.paper_range->first},
                {"high", panel.paper_range->second},
                {"label", "range of the paper's axis"}};
  Json box = {{"y", {{"field", "low"}, {"type", "quantitative"}}},
              {"y2", {{"field", "high"}}}};
  if (panel.paper_x_range) {
    range["left"] = panel.paper_x_range->first;
    range["right"] = panel.paper_x_range->second;
    box["x"] = {{"field", "left"}, {"type", "quantitative"}};
    box["x2"] = {{"field", "right"}};
  }
  return {{"data", {{"values", Json::array({range})}}},
          {"layer",
           Json::array({{{"mark",
                          {{"type", "rect"},
                           {"color", "#999999"},
                           {"opacity", 0.15},
                           {"tooltip", "range of the paper's axis"}}},
                         {"encoding", box}},
                        {{"mark",
                          {{"type", "text"},
                           {"align", "right"},
                           {"baseline", "bottom"},
                           {"dx", -4},
                           {"dy", -2},
                           {"color", "#666666"},
                           {"fontSize", 10}}},
                         {"encoding",
                          {{"x", {{"value", "width"}}},
                           {"y", {{"field", "low"}, {"type", "quantitative"}}},
                           {"text", {{"field", "label"}}}}}}})}};
}

// The points of one panel, as Vega-Lite reads them.
struct PanelData {
  Json values = Json::array();
  std::vector<std::string> series;  // in order of appearance
};

PanelData DataOf(const Panel& panel, const std::vector<Point>& points) {
  PanelData data;
  for (const Point& point : points) {
    if (point.panel != panel.id) continue;
    data.values.push_back({{"series", point.series},
                           {"seed", absl::StrCat(point.seed)},
                           {"x", point.x},
                           {"y", point.y}});
    if (std::find(data.series.begin(), data.series.end(), point.series) ==
        data.series.end()) {
      data.series.push_back(point.series);
    }
  }
  return data;
}

Json Tooltip(const Panel& panel, const std::string& series) {
  const auto number = [](const char* field, const std::string& title) -> Json {
    return {{"field", field},
            {"type", "quantitative"},
            {"title", title},
            {"format", ".4~g"}};
  };
  return Json::array(
      {{{"field", "series"}, {"type", "nominal"}, {"title", series}},
       {{"field", "seed"}, {"type", "nominal"}},
       number("x", panel.x_title),
       number("y", panel.y_title)});
}

// A thin line per seed, a bold one for their mean.
Json CurveLayers(const Panel& panel, const PanelData& data, const Json& x,
                 const Json& y) {
  const bool layers =
      std::all_of(panel.curves.begin(), panel.curves.end(),
                  [](const Curves& curves) { return curves.label.empty(); });
  Json colours = Json::array();
  for (size_t i = 0; i < data.series.size(); ++i) {
    colours.push_back(kColours[i % std::size(kColours)]);
  }
  const Json colour = {
      {"field", "series"},
      {"type", "nominal"},
      {"title", layers ? Json("layer") : Json()},
      {"sort", data.series},
      {"scale", {{"domain", data.series}, {"range", colours}}}};
  Json mean_y = y;
  mean_y["aggregate"] = "mean";
  return Json::array(
      {{{"mark",
         {{"type", "line"},
          {"point", {{"size", 14}}},
          {"opacity", 0.35},
          {"strokeWidth", 1}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"color", colour},
          {"detail", {{"field", "seed"}, {"type", "nominal"}}},
          {"tooltip", Tooltip(panel, layers ? "layer" : "curve")}}}},
       {{"mark", {{"type", "line"}, {"strokeWidth", 2.5}}},
        {"encoding", {{"x", x}, {"y", mean_y}, {"color", colour}}}}});
}

// A small dot per seed; large ones for their means, joined in order.
Json MarkLayers(const Panel& panel, const PanelData& data, const Json& x,
                const Json& y) {
  const Json colour = {
      {"field", "series"},
      {"type", "ordinal"},
      {"title", Json()},
      {"sort", data.series},
      {"scale", {{"domain", data.series}, {"scheme", "viridis"}}}};
  Json order = Json::array();
  for (const Mark& mark : panel.marks) order.push_back(mark.label);
  Json mean_x = x, mean_y = y;
  mean_x["field"] = "mean_x";
  mean_y["field"] = "mean_y";
  const Json means = Json::array(
      {{{"aggregate",
         Json::array({{{"op", "mean"}, {"field", "x"}, {"as", "mean_x"}},
                      {{"op", "mean"}, {"field", "y"}, {"as", "mean_y"}}})},
        {"groupby", Json::array({"series"})}},
       {{"calculate",
         absl::StrCat("indexof(", order.dump(), ", datum.series)")},
        {"as", "order"}}});
  return Json::array(
      {{{"transform", means},
        {"mark", {{"type", "line"}, {"color", "#888888"}, {"strokeWidth", 1}}},
        {"encoding",
         {{"x", mean_x},
          {"y", mean_y},
          {"order", {{"field", "order"}, {"type", "quantitative"}}}}}},
       {{"mark", {{"type", "point"}, {"size", 18}, {"opacity", 0.6}}},
        {"encoding",
         {{"x", x},
          {"y", y},
          {"color", colour},
          {"tooltip", Tooltip(panel, "point")}}}},
       {{"transform", means},
        {"mark", {{"type", "circle"}, {"size", 90}, {"opacity", 1}}},
        {"encoding", {{"x", mean_x}, {"y", mean_y}, {"color", colour}}}}});
}

// Width of a panel, pixels: a row of them fits a page.
int PanelWidth(int columns) { return columns <= 2 ? 380 : 1050 / columns - 50; }

Json PanelSpec(const Panel& panel, int columns,
               const std::vector<Point>& points) {
  const PanelData data = DataOf(panel, points);
  const int width = PanelWidth(columns);
  Json spec = {
      {"title", panel.title}, {"width", width}, {"height", width * 4 / 5}};
  if (data.values.empty()) {
    spec["data"] = {{"values", Json::array({{{"text", "not run"}}})}};
    spec["mark"] = {{"type", "text"}, {"color", "#888888"}, {"fontSize", 13}};
    spec["encoding"] = {{"text", {{"field", "text"}}}};
    return spec;
  }
  Json x = Axis("x", panel.x_title);
  Json y = Axis("y", panel.y_title);
  x["axis"] = {{"format", "~s"}, {"tickCount", width / 60}};
  y["scale"] = {{"type", panel.log_y ? "log" : "linear"}, {"zero", false}};
  if (!panel.marks.empty()) {
    x["scale"] = {{"zero", false}};
    x["axis"] = {{"tickCount", width / 60}};
  }
  Json layers = Json::array();
  if (panel.paper_range) layers.push_back(Band(panel));
  for (const Json& layer : panel.marks.empty()
                               ? CurveLayers(panel, data, x, y)
                               : MarkLayers(panel, data, x, y)) {
    layers.push_back(layer);
  }
  spec["data"] = {{"values", data.values}};
  spec["layer"] = layers;
  return spec;
}

// `text` in single quotes for a shell.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

}  // namespace

std::vector<Point> PlottedPoints(const Experiment& experiment,
                                 const std::map<int64_t, SeedRows>& rows) {
  std::vector<Point> points;
  for (const Panel& panel : experiment.panels) {
    const auto add = [&](const std::string& series, int64_t seed, double x,
                         double y) {
      if (!std::isfinite(y) || (y <= 0 && panel.log_y)) return;
      points.push_back({panel.id, series, seed, x, y});
    };
    for (const auto& [seed, cells] : rows) {
      for (const Curves& curves : panel.curves) {
        const auto cell = cells.find(curves.cell);
        if (cell == cells.end()) continue;
        const Quantity& quantity = curves.quantity;
        for (const std::string& layer :
             SelectLayers(cell->second, quantity.layers)) {
          for (const MetricRow& row : cell->second) {
            if (row.layer == layer && row.split == quantity.split &&
                row.metric == quantity.metric &&
                row.anchor == quantity.anchor) {
              add(curves.label.empty() ? layer : curves.label, seed,
                  static_cast<double>(row.step), row.value);
            }
          }
        }
      }
      for (const Mark& mark : panel.marks) {
        const std::optional<double> x = FindValue(cells, mark.x);
        const std::optional<double> y = FindValue(cells, mark.y);
        if (x && y) add(mark.label, seed, *x, *y);
      }
    }
  }
  return points;
}

std::string PointsToCsv(const std::vector<Point>& points) {
  std::string text = "panel,series,seed,x,y\n";
  for (const Point& p : points) {
    absl::StrAppend(&text, p.panel, ",", p.series, ",", p.seed, ",",
                    FormatDouble(p.x), ",", FormatDouble(p.y), "\n");
  }
  return text;
}

std::string ToVegaLite(const Experiment& experiment,
                       const std::vector<Point>& points) {
  Json panels = Json::array();
  for (const Panel& panel : experiment.panels) {
    panels.push_back(PanelSpec(panel, experiment.columns, points));
  }
  const Json spec = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
      {"title", {{"text", experiment.title}, {"anchor", "start"}}},
      {"background", "white"},
      {"concat", panels},
      {"columns", experiment.columns},
      {"resolve", {{"scale", {{"color", "independent"}}}}},
      {"config",
       {{"axis", {{"labelFontSize", 11}, {"titleFontSize", 12}}},
        {"legend",
         {{"labelFontSize", 11}, {"labelLimit", 0}, {"symbolOpacity", 1}}}}}};
  return spec.dump(1) + "\n";
}

absl::StatusOr<std::string> RenderFigure(const std::string& directory) {
  const std::string root = Runfile("vl_convert/site/root.txt");
  const std::string script = Runfile("experiments/report/render.py");
  if (root.empty() || script.empty()) {
    return absl::InternalError(
        "The renderer is not among this program's files. Start it by bazel "
        "run.");
  }
  const std::string command = absl::StrCat(
      "PYTHONPATH=", Quoted(std::filesystem::path(root).parent_path().string()),
      " python3 ", Quoted(script), " ", Quoted(directory), " 2>&1");
  FILE* pipe = popen(command.c_str(), "re");
  if (pipe == nullptr) return absl::InternalError("Cannot start python3.");
  std::string words;
  char buffer[4096];
  for (size_t n; (n = std::fread(buffer, 1, sizeof(buffer), pipe)) > 0;) {
    words.append(buffer, n);
  }
  if (pclose(pipe) != 0) {
    return absl::InternalError(
        absl::StrCat("Drawing ", directory, "/figure failed: ", words));
  }
  const std::string bundle = directory + "/.vega.js";
  NCLAB_ASSIGN_OR_RETURN(std::string javascript, ReadFile(bundle));
  std::filesystem::remove(bundle);
  return javascript;
}

}  // namespace nclab
