#include "experiments/report/figure/figure.h"

#include <cmath>
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

using Json = nlohmann::json;

constexpr char kTrain[] = "TrainVariance";
constexpr char kTest[] = "StrongTestVariance";

// Two curves of one cell on a logarithmic axis.
Panel CurvePanel(const std::string& id) {
  Panel panel;
  panel.id = id;
  panel.title = "title of " + id;
  panel.x_title = "steps";
  panel.y_title = "ratio";
  panel.log_y = true;
  panel.curves = {{"cell", TrainVariance(), kTrain},
                  {"cell", StrongTestVariance(), kTest}};
  return panel;
}

Panel MarkPanel() {
  Panel panel;
  panel.id = "marks";
  panel.x_title = "x";
  panel.y_title = "y";
  for (const char* cell : {"small", "large"}) {
    panel.marks.push_back(
        {cell, At(cell, TrainVariance()), At(cell, StrongTestVariance())});
  }
  return panel;
}

// One line over two names.
Panel NamesPanel() {
  Panel panel = MarkPanel();
  panel.id = "names";
  panel.x_names = {"small one", "large \"one\""};
  for (Mark& mark : panel.marks) mark.label = "line";
  panel.marks[0].x = 0;
  panel.marks[1].x = 1;
  return panel;
}

// Both variances at steps 0 and 10.
RunRows Rows(double train0, double train, double test0, double test) {
  return {{{0, "train", "features", "variance_ratio", "final", train0},
           {0, "test", "features", "variance_ratio", "final", test0},
           {10, "train", "features", "variance_ratio", "final", train},
           {10, "test", "features", "variance_ratio", "final", test}}};
}

Experiment With(const std::vector<Panel>& panels) {
  Experiment experiment;
  experiment.title = "a title";
  experiment.panels = panels;
  experiment.columns = 3;
  return experiment;
}

Json Spec(const Experiment& experiment,
          const std::map<int64_t, SeedRows>& rows) {
  return Json::parse(ToVegaLite(experiment, PlottedPoints(experiment, rows)));
}

TEST(PlottedPoints, LeaveOutWhatALogarithmicAxisCannotShow) {
  const Experiment experiment = With({CurvePanel("a")});
  const std::map<int64_t, SeedRows> rows = {
      {3, {{"cell", Rows(4, 0, NAN, 2)}}}};
  const std::vector<Point> points = PlottedPoints(experiment, rows);
  ASSERT_EQ(points.size(), 2u);
  EXPECT_EQ(points[0].series, kTrain);
  EXPECT_EQ(points[0].x, 0);
  EXPECT_EQ(points[0].y, 4);
  EXPECT_EQ(points[1].series, kTest);
  EXPECT_EQ(points[1].seed, 3);
  EXPECT_EQ(PointsToCsv(points),
            "panel,series,seed,x,y\n"
            "a,TrainVariance,3,0,4\n"
            "a,StrongTestVariance,3,10,2\n");
}

TEST(PlottedPoints, HaveAMarkOnlyWhereBothNumbersAreThere) {
  RunRows half = Rows(1, 1, 1, 1);
  half.rows.pop_back();
  const std::map<int64_t, SeedRows> rows = {
      {0, {{"small", Rows(9, 1, 9, 2)}, {"large", half}}}};
  const std::vector<Point> points = PlottedPoints(With({MarkPanel()}), rows);
  ASSERT_EQ(points.size(), 1u);
  EXPECT_EQ(points[0].series, "small");
  EXPECT_EQ(points[0].x, 1);
  EXPECT_EQ(points[0].y, 2);
}

TEST(ToVegaLite, DrawsTheMeanInABandFromTheLeastToTheGreatestSeed) {
  const Json spec = Spec(
      With({CurvePanel("a")}),
      {{0, {{"cell", Rows(4, 1, 5, 2)}}}, {1, {{"cell", Rows(6, 3, 5, 4)}}}});
  const Json& panel = spec["concat"][0];
  EXPECT_EQ(panel["data"]["values"].size(), 8u);
  std::set<std::string> marks;
  Json means;
  for (const Json& layer : panel["layer"]) {
    marks.insert(layer["mark"]["type"]);
    if (layer["mark"]["type"] == "area") means = layer["data"]["values"];
    EXPECT_EQ(layer["encoding"]["y"]["scale"]["type"], "log");
  }
  EXPECT_TRUE(marks.count("line") > 0 && marks.count("area") > 0);
  ASSERT_EQ(means.size(), 4u);  // two curves at two steps
  for (const Json& mean : means) {
    if (mean["series"] != kTrain || mean["x"] != 10) continue;
    EXPECT_EQ(mean["y"], 2.0);
    EXPECT_EQ(mean["y_low"], 1.0);
    EXPECT_EQ(mean["y_high"], 3.0);
    EXPECT_EQ(mean["seeds"], 2);
  }
}

TEST(ToVegaLite, DrawsNoBandForOneSeed) {
  const Json spec =
      Spec(With({CurvePanel("a")}), {{0, {{"cell", Rows(4, 1, 5, 2)}}}});
  for (const Json& layer : spec["concat"][0]["layer"]) {
    EXPECT_NE(layer["mark"]["type"], "area");
  }
}

TEST(ToVegaLite, TellsSeriesApartWithoutColours) {
  const std::map<int64_t, SeedRows> rows = {{0,
                                             {{"cell", Rows(4, 1, 5, 2)},
                                              {"small", Rows(4, 1, 5, 2)},
                                              {"large", Rows(4, 2, 5, 1)}}}};
  const Json spec = Spec(With({CurvePanel("a"), MarkPanel()}), rows);
  const auto has = [&](size_t panel, const char* channel) {
    for (const Json& layer : spec["concat"][panel]["layer"]) {
      if (layer["encoding"].contains(channel)) {
        const Json& range = layer["encoding"][channel]["scale"]["range"];
        EXPECT_NE(range[0], range[1]);
        return true;
      }
    }
    return false;
  };
  EXPECT_TRUE(has(0, "strokeDash"));
  EXPECT_TRUE(has(1, "shape"));
}

TEST(ToVegaLite, LeavesOutPanelsWithoutPoints) {
  Panel empty = CurvePanel("b");
  empty.curves = {{"another", TrainVariance()}};
  const std::map<int64_t, SeedRows> rows = {{0, {{"cell", Rows(4, 1, 5, 2)}}}};
  EXPECT_EQ(Spec(With({empty, CurvePanel("a"), empty}), rows)["concat"].size(),
            1u);
  // A figure of nothing is a picture, too.
  const Json nothing = Spec(With({empty}), rows)["concat"];
  ASSERT_EQ(nothing.size(), 1u);
  EXPECT_EQ(nothing[0]["data"]["values"][0]["text"], "not run");
}

// Whether the panel draws the paper's range.
bool DrawsPaper(const Json& panel) {
  for (const Json& layer : panel["layer"]) {
    if (layer["mark"]["type"] == "rect") return true;
  }
  return false;
}

TEST(ToVegaLite, DrawsThePapersRangeWhereItDoesNotSqueezeTheData) {
  const std::map<int64_t, SeedRows> rows = {
      {0, {{"cell", Rows(4, 1, 5, 2)}}}};  // 1 to 5
  Panel panel = CurvePanel("a");
  panel.paper_range = {1, 10};
  Json spec = Spec(With({panel}), rows);
  EXPECT_TRUE(DrawsPaper(spec["concat"][0]));
  EXPECT_EQ(spec["concat"][0]["title"]["subtitle"][0],
            "the paper's axis (grey): 1 to 10");
  panel.paper_range = {0.0001, 0.001};
  spec = Spec(With({panel}), rows);
  EXPECT_FALSE(DrawsPaper(spec["concat"][0]));
  EXPECT_EQ(spec["concat"][0]["title"]["subtitle"][0],
            "the paper's axis, not drawn: 0.0001 to 0.001");
}

TEST(ToVegaLite, HasASmallMapWhereMarksAreFarFromThePapersAxes) {
  const std::map<int64_t, SeedRows> rows = {
      {0, {{"small", Rows(9, 1, 9, 2)}, {"large", Rows(9, 1.2, 9, 1.8)}}}};
  Panel panel = MarkPanel();
  panel.paper_x_range = {0.06, 0.2};
  panel.paper_range = {1, 2};
  const Json spec = Spec(With({panel}), rows);
  const Json& both = spec["concat"][0]["hconcat"];
  ASSERT_EQ(both.size(), 2u);
  EXPECT_FALSE(DrawsPaper(both[0]));
  EXPECT_TRUE(DrawsPaper(both[1]));
  // The data's own axis: what is drawn is theirs alone.
  EXPECT_EQ(both[1]["layer"][1]["data"]["values"][0]["left"], 1.0);
  EXPECT_EQ(both[1]["layer"][1]["data"]["values"][0]["right"], 1.2);
}

TEST(ToVegaLite, NamesThePlacesOfALineOverNames) {
  const std::map<int64_t, SeedRows> rows = {
      {0, {{"small", Rows(9, 1, 9, 2)}, {"large", Rows(9, 3, 9, 4)}}}};
  const Json spec = Spec(With({NamesPanel()}), rows);
  for (const Json& layer : spec["concat"][0]["layer"]) {
    const Json& axis = layer["encoding"]["x"]["axis"];
    EXPECT_EQ(axis["values"], Json({0, 1}));
    EXPECT_EQ(axis["labelExpr"],
              R"(["small one","large \"one\""][datum.value])");
    EXPECT_FALSE(layer["encoding"].contains("order"));
    EXPECT_EQ(layer["encoding"]["color"]["scale"]["domain"], Json({"line"}));
  }
}

TEST(ToVegaLite, SaysWhereTheFirstStepsAreCut) {
  const RunRows rows = Rows(5000, 1, 5000, 2);
  const Json spec = Spec(With({CurvePanel("a")}), {{0, {{"cell", rows}}}});
  const Json& panel = spec["concat"][0];
  EXPECT_EQ(panel["title"]["subtitle"][0], "the first steps lie outside");
  for (const Json& layer : panel["layer"]) {
    EXPECT_LT(layer["encoding"]["y"]["scale"]["domain"][1], 3);
    EXPECT_TRUE(layer["mark"]["clip"]);
  }
  // The data are all there.
  EXPECT_EQ(panel["data"]["values"].size(), 4u);
}

TEST(ToVegaLite, SharesOneLegendWhereAllPanelsHaveTheSameSeries) {
  const std::map<int64_t, SeedRows> rows = {{0, {{"cell", Rows(4, 1, 5, 2)}}}};
  const auto legend = [&](const std::vector<Panel>& panels) {
    return Spec(With(panels), rows)["resolve"]["scale"]["color"];
  };
  Panel other = CurvePanel("b");
  EXPECT_EQ(legend({CurvePanel("a"), other}), "shared");
  other.curves.pop_back();
  EXPECT_EQ(legend({CurvePanel("a"), other}), "independent");
}

}  // namespace
}  // namespace nclab
