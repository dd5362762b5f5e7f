#include "experiments/report/figure/panel_data.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

Panel LogCurves() {
  Panel panel;
  panel.id = "p";
  panel.log_y = true;
  panel.curves = {{"cell", TrainVariance(), "t"}};
  return panel;
}

TEST(ArrangePoints, TakesTheMeanOverSeedsAtEachStep) {
  const PanelData data = ArrangePoints(LogCurves(), {{"p", "t", 0, 5, 1},
                                                     {"p", "t", 1, 5, 3},
                                                     {"p", "t", 0, 9, 4},
                                                     {"other", "t", 0, 5, 99}});
  EXPECT_EQ(data.points.size(), 3u);
  ASSERT_EQ(data.means.size(), 2u);
  EXPECT_EQ(data.means[0].y, 2);
  EXPECT_EQ(data.means[0].y_range.low, 1);
  EXPECT_EQ(data.means[0].y_range.high, 3);
  EXPECT_EQ(data.means[0].seeds, 2u);
  EXPECT_EQ(data.means[1].seeds, 1u);
  EXPECT_TRUE(data.several_seeds);
}

TEST(ArrangePoints, JoinsMarksOfOneLabelOverNames) {
  Panel panel;
  panel.id = "p";
  panel.x_names = {"sgd", "adam"};
  for (const double x : {0, 1}) {
    for (const char* line : {"a", "b"}) panel.marks.push_back({line, x, x});
  }
  const PanelData data = ArrangePoints(panel, {{"p", "a", 0, 0, 1},
                                               {"p", "a", 1, 0, 3},
                                               {"p", "a", 0, 1, 5},
                                               {"p", "b", 0, 1, 7}});
  EXPECT_THAT(data.series, ElementsAre("a", "b"));
  ASSERT_EQ(data.means.size(), 3u);
  EXPECT_EQ(data.means[0].y, 2);
  EXPECT_EQ(data.means[1].x, 1);
  EXPECT_EQ(data.means[2].y, 7);
}

TEST(ArrangePoints, CutsAStartThatWouldSqueezeTheRest) {
  // From 1000 down to between 1 and 2 within the first twentieth.
  const PanelData data = ArrangePoints(
      LogCurves(),
      {{"p", "t", 0, 1, 1000}, {"p", "t", 0, 50, 2}, {"p", "t", 0, 100, 1}});
  EXPECT_TRUE(data.cut);
  EXPECT_EQ(data.y_shown.high, 2);
  EXPECT_EQ(data.y.high, 1000);
}

TEST(ArrangePoints, KeepsAStartThatIsPartOfTheStory) {
  const PanelData data = ArrangePoints(
      LogCurves(),
      {{"p", "t", 0, 1, 5}, {"p", "t", 0, 50, 1.5}, {"p", "t", 0, 100, 0.5}});
  EXPECT_FALSE(data.cut);
  EXPECT_EQ(data.y_shown.high, 5);
}

TEST(PaperIsNear, WhereTheDataKeepAThirdOfTheCommonAxis) {
  Panel panel = LogCurves();
  const PanelData data = ArrangePoints(
      panel, {{"p", "t", 0, 1, 1}, {"p", "t", 0, 9, 10}});  // a decade
  panel.paper_range = {1, 999};
  EXPECT_TRUE(PaperIsNear(panel, data));
  panel.paper_range = {1, 1001};
  EXPECT_FALSE(PaperIsNear(panel, data));
  panel.paper_range = {1, 10};
  panel.paper_x_range = {1000, 2000};
  EXPECT_FALSE(PaperIsNear(panel, data));
}

TEST(LogTicks, AreRoundAndFewerOverMoreDecades) {
  EXPECT_THAT(LogTicks(0.4, 6), ElementsAre(0.5, 0.7, 1, 2, 3, 5));
  EXPECT_THAT(LogTicks(0.15, 12), ElementsAre(0.2, 0.5, 1, 2, 5, 10));
  EXPECT_THAT(LogTicks(0.1, 1e5), ElementsAre(0.1, 1, 10, 100, 1e3, 1e4, 1e5));
  EXPECT_THAT(LogTicks(0.81, 0.89), IsEmpty());
}

}  // namespace
}  // namespace nclab
