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

// The paper's range, behind the curves.
Json Band(const Panel& panel) {
  return {
      {"data",
       {{"values", Json::array({{{"low", panel.paper_range->first},
                                 {"high", panel.paper_range->second},
                                 {"label", "range of the paper's axis"}}})}}},
      {"layer",
       Json::array(
           {{{"mark",
              {{"type", "rect"}, {"color", "#999999"}, {"opacity", 0.15}}},
             {"encoding",
              {{"y", {{"field", "low"}, {"type", "quantitative"}}},
               {"y2", {{"field", "high"}}}}}},
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

Json PanelSpec(const Panel& panel, const std::vector<Point>& points) {
  Json values = Json::array();
  std::vector<std::string> series;
  std::vector<std::string> colours;
  for (const Point& point : points) {
    if (point.panel != panel.id) continue;
    values.push_back({{"series", point.series},
                      {"seed", absl::StrCat(point.seed)},
                      {"x", point.x},
                      {"y", point.y}});
    if (std::find(series.begin(), series.end(), point.series) == series.end()) {
      colours.push_back(kColours[series.size() % std::size(kColours)]);
      series.push_back(point.series);
    }
  }
  Json y = Axis("y", panel.y_title);
  y["scale"] = {{"type", panel.log_y ? "log" : "linear"}, {"zero", false}};
  const Json colour = {{"field", "series"},
                       {"type", "nominal"},
                       {"title", "layer"},
                       {"sort", series},
                       {"scale", {{"domain", series}, {"range", colours}}}};
  const Json x = Axis("x", panel.x_title);
  const Json tooltip = Json::array(
      {{{"field", "series"}, {"type", "nominal"}, {"title", "layer"}},
       {{"field", "seed"}, {"type", "nominal"}},
       {{"field", "x"}, {"type", "quantitative"}, {"title", panel.x_title}},
       {{"field", "y"},
        {"type", "quantitative"},
        {"title", panel.y_title},
        {"format", ".4g"}}});
  Json mean_y = y;
  mean_y["aggregate"] = "mean";
  Json layers = Json::array();
  if (panel.paper_range) layers.push_back(Band(panel));
  layers.push_back({{"mark",
                     {{"type", "line"},
                      {"point", {{"size", 14}}},
                      {"opacity", 0.35},
                      {"strokeWidth", 1}}},
                    {"encoding",
                     {{"x", x},
                      {"y", y},
                      {"color", colour},
                      {"detail", {{"field", "seed"}, {"type", "nominal"}}},
                      {"tooltip", tooltip}}}});
  layers.push_back(
      {{"mark", {{"type", "line"}, {"strokeWidth", 2.5}}},
       {"encoding", {{"x", x}, {"y", mean_y}, {"color", colour}}}});
  return {{"title", panel.title},
          {"width", 380},
          {"height", 300},
          {"data", {{"values", values}}},
          {"layer", layers}};
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
    for (const auto& [seed, cells] : rows) {
      const auto cell = cells.find(panel.curves.cell);
      if (cell == cells.end()) continue;
      for (const std::string& layer :
           SelectLayers(cell->second, panel.curves.layers)) {
        for (const MetricRow& row : cell->second) {
          if (row.layer == layer && row.split == panel.curves.split &&
              row.metric == panel.curves.metric &&
              row.anchor == panel.curves.anchor && std::isfinite(row.value) &&
              (row.value > 0 || !panel.log_y)) {
            points.push_back({panel.id, layer, seed,
                              static_cast<double>(row.step), row.value});
          }
        }
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
    panels.push_back(PanelSpec(panel, points));
  }
  const Json spec = {
      {"$schema", "https://vega.github.io/schema/vega-lite/v5.json"},
      {"title", {{"text", experiment.title}, {"anchor", "start"}}},
      {"background", "white"},
      {"hconcat", panels},
      {"resolve", {{"scale", {{"color", "independent"}}}}},
      {"config",
       {{"axis", {{"labelFontSize", 11}, {"titleFontSize", 12}}},
        {"legend", {{"labelFontSize", 11}, {"symbolOpacity", 1}}}}}};
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
