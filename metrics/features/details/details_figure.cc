// The picture of measure --details, as Vega-Lite.
#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "metrics/features/details/details.h"
#include "nlohmann/json.hpp"
#include "tools/draw/vega_lite.h"

namespace nclab {
namespace {

using Json = nlohmann::ordered_json;

constexpr int64_t kCells = 50;          // of a map, in each direction
constexpr int64_t kLabelledCells = 20;  // with their labels at the axes
constexpr int kSize = 260;              // of a panel, pixels

// Neighbouring classes that share a cell.
struct Blocks {
  explicit Blocks(const LayerDetails& layer) {
    const int64_t n = layer.classes(), cells = std::min(n, kCells);
    for (int64_t i = 0; i <= cells; ++i) begin.push_back(i * n / cells);
    for (int64_t i = 0; i < cells; ++i) {
      const int64_t first = layer.labels[begin[i]];
      const int64_t last = layer.labels[begin[i + 1] - 1];
      names.push_back(first == last ? absl::StrCat(first)
                                    : absl::StrCat(first, "-", last));
    }
  }
  int64_t cells() const { return static_cast<int64_t>(names.size()); }

  std::vector<int64_t> begin;  // [cells + 1]
  std::vector<std::string> names;
};

// The mean over pairs of different classes in each cell.
Json Cells(const LayerDetails& layer, const Blocks& blocks,
           const std::vector<double>& values) {
  Json cells = Json::array();
  const int64_t n = layer.classes();
  for (int64_t i = 0; i < blocks.cells(); ++i) {
    for (int64_t j = 0; j < blocks.cells(); ++j) {
      double sum = 0;
      int64_t pairs = 0;
      for (int64_t a = blocks.begin[i]; a < blocks.begin[i + 1]; ++a) {
        for (int64_t b = blocks.begin[j]; b < blocks.begin[j + 1]; ++b) {
          if (a == b || std::isnan(values[a * n + b])) continue;
          sum += values[a * n + b];
          ++pairs;
        }
      }
      if (pairs == 0) continue;
      cells.push_back({{"a", blocks.names[i]},
                       {"b", blocks.names[j]},
                       {"value", sum / static_cast<double>(pairs)}});
    }
  }
  return cells;
}

Json Panel(const std::string& title, Json values, Json mark, Json encoding) {
  return {{"title", title},          {"width", kSize},
          {"height", kSize},         {"data", {{"values", std::move(values)}}},
          {"mark", std::move(mark)}, {"encoding", std::move(encoding)}};
}

Json Map(const LayerDetails& layer, const std::string& title,
         const std::vector<double>& values, const Json& scale) {
  const Blocks blocks(layer);
  Json axis = {{"labels", blocks.cells() <= kLabelledCells}, {"ticks", false}};
  const auto position = [&](const char* field) -> Json {
    return {{"field", field},
            {"type", "ordinal"},
            {"title", "class"},
            {"sort", blocks.names},
            {"axis", axis}};
  };
  return Panel(blocks.cells() < layer.classes()
                   ? absl::StrCat(title, ", means over blocks")
                   : title,
               Cells(layer, blocks, values), "rect",
               {{"x", position("b")},
                {"y", position("a")},
                {"color",
                 {{"field", "value"},
                  {"type", "quantitative"},
                  {"title", Json()},
                  {"scale", scale},
                  {"legend", {{"gradientLength", kSize}}}}},
                {"tooltip", Json::array({{{"field", "a"}, {"title", "class"}},
                                         {{"field", "b"}, {"title", "and"}},
                                         {{"field", "value"},
                                          {"type", "quantitative"},
                                          {"format", ".4~g"}}})}});
}

// Numbers above 0 over 1, 2, ..., on a logarithmic axis.
Json Points(const std::string& title, const char* x_title, const char* y_title,
            const std::vector<std::pair<int64_t, double>>& points,
            const char* mark) {
  Json values = Json::array();
  for (const auto& [x, y] : points) {
    if (y > 0) values.push_back({{"x", x}, {"y", y}});
  }
  const bool few = static_cast<int64_t>(points.size()) <= kLabelledCells;
  Json y = Quantitative("y", y_title);
  y["scale"] = {{"type", "log"}, {"nice", false}};
  y["axis"] = {{"format", ".3~g"}};
  return Panel(title, std::move(values), {{"type", mark}, {"point", true}},
               {{"x",
                 {{"field", "x"},
                  {"type", few ? "ordinal" : "quantitative"},
                  {"scale", few ? Json::object() : Json{{"zero", false}}},
                  {"axis", {{"labelAngle", 0}}},
                  {"title", x_title}}},
                {"y", y}});
}

}  // namespace

std::string DetailsFigure(const std::vector<LayerDetails>& layers) {
  Json panels = Json::array();
  for (const LayerDetails& layer : layers) {
    const int64_t n = layer.classes();
    std::vector<std::pair<int64_t, double>> spectrum, variances;
    const double largest =
        layer.singular_values.empty() ? 0 : layer.singular_values[0];
    for (size_t i = 0; i < layer.singular_values.size(); ++i) {
      // The last one is rounding: the means are centred.
      if (layer.singular_values[i] <= 1e-14 * largest) continue;
      spectrum.emplace_back(static_cast<int64_t>(i) + 1,
                            layer.singular_values[i]);
    }
    for (int64_t c = 0; c < n; ++c) {
      variances.emplace_back(
          layer.labels[c],
          layer.scatter[c] / static_cast<double>(layer.count[c]));
    }
    panels.push_back(Map(
        layer,
        n < 2 ? absl::StrCat(layer.layer, ": cosines of means")
              : absl::StrFormat("%s: cosines of means (ETF: %.3g)", layer.layer,
                                -1 / static_cast<double>(n - 1)),
        layer.cosines,
        {{"scheme", "blueorange"}, {"domain", {-1, 1}}, {"domainMid", 0}}));
    panels.push_back(
        Map(layer, absl::StrCat(layer.layer, ": distances of means"),
            layer.distances, {{"scheme", "viridis"}, {"zero", true}}));
    panels.push_back(
        Points(absl::StrCat(layer.layer, ": singular values of centred means"),
               "index", "singular value", spectrum, "line"));
    panels.push_back(
        Points(absl::StrCat(layer.layer, ": variance within classes"), "class",
               "mean |h - mean|^2", variances, "point"));
  }
  return FigureOfPanels(
      "", panels, 4,
      {{"resolve", {{"scale", {{"color", "independent"}}}}},
       {"config", {{"axis", {{"labelFontSize", 11}, {"titleFontSize", 12}}}}}});
}

}  // namespace nclab
