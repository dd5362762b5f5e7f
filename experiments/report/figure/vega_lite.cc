// Points -> figure.vl.json.
#include "tools/draw/vega_lite.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "experiments/report/figure/figure.h"
#include "experiments/report/figure/panel_data.h"
#include "experiments/report/figure/panel_layers.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

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
  ours["color"] = kFirstColour;
  ours["stroke"] = kFirstColour;
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

// Width of a panel, pixels: a row of them fits a page.
int PanelWidth(int columns) {
  return columns == 1 ? 440 : columns == 2 ? 285 : 1000 / columns - 85;
}

// The axis of names: one in place of each x, slanted where they are many.
void NameTicks(const std::vector<std::string>& names, Json& x) {
  Json ticks = Json::array();
  for (size_t i = 0; i < names.size(); ++i) ticks.push_back(i);
  x["axis"] = {{"values", ticks},
               {"labelExpr", absl::StrCat(Json(names).dump(), "[datum.value]")},
               {"labelAngle", names.size() > 3 ? -30 : 0},
               {"labelLimit", 0},
               {"labelOverlap", false}};
  x["scale"]["domain"] = Json::array({0, names.size() - 1});
}

// A panel whose paper's range is far has the locator beside it.
Json PanelSpec(const Panel& panel, int columns, const PanelData& data) {
  const int width = PanelWidth(columns);
  const int height = width * (columns > 2 ? 3 : 7) / (columns > 2 ? 4 : 10);
  Json title = {{"text", panel.title}, {"anchor", "start"}, {"frame", "group"}};
  const bool near = panel.paper_range && PaperIsNear(panel, data);
  Json notes = Json::array();
  if (panel.paper_range) {
    notes.push_back(
        absl::StrCat("the paper's ", panel.paper_x_range ? "axes" : "axis",
                     near ? " (grey): " : ", not drawn: ", PaperText(panel)));
  }
  if (data.cut) notes.push_back("the first steps lie outside");
  if (!notes.empty()) title["subtitle"] = notes;
  Json spec = {{"title", title}, {"width", width}, {"height", height}};
  Json x = Quantitative("x", panel.x_title);
  Json y = Quantitative("y", panel.y_title);
  x["axis"] = {{"tickCount", width / 60}};
  if (panel.marks.empty()) {
    x["scale"] = {{"nice", false}};
    x["axis"]["labelExpr"] =
        "datum.value === 0 ? '0' : format(datum.value, '~s')";
  } else {
    x["scale"] = {{"zero", false}, {"padding", 12}};
    if (!panel.x_names.empty()) NameTicks(panel.x_names, x);
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
    if (first == nullptr) first = &data;
    if (data.series != first->series) return false;
  }
  return true;
}

}  // namespace

std::string ToVegaLite(const Experiment& experiment,
                       const std::vector<Point>& points) {
  std::vector<PanelData> data;
  Json panels = Json::array();
  for (const Panel& panel : experiment.panels) {
    PanelData arranged = ArrangePoints(panel, points);
    if (arranged.empty()) continue;
    panels.push_back(PanelSpec(panel, experiment.columns, arranged));
    data.push_back(std::move(arranged));
  }
  if (panels.empty()) {
    panels.push_back(
        {{"data", {{"values", Json::array({{{"text", "not run"}}})}}},
         {"mark", {{"type", "text"}, {"color", kGrey}, {"fontSize", 13}}},
         {"encoding", {{"text", {{"field", "text"}}}}}});
  }
  const char* const legends = SameSeries(data) ? "shared" : "independent";
  const Json layout = {
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
  return FigureOfPanels(experiment.title, panels, experiment.columns, layout);
}

}  // namespace nclab
