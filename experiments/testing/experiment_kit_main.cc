// Holds every experiment that is linked in to the promises of experiment.h: it
// is whole, each of its presets is a plan under each of its readings, and what
// it shows and claims is missing, not wrong, where nothing was run.
#include <algorithm>

#include "experiments/axes.h"
#include "experiments/experiment.h"
#include "experiments/plan.h"
#include "experiments/spec/canonical.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(ExperimentKit, EveryExperimentIsWholeAndEveryPresetIsAPlan) {
  ASSERT_FALSE(Experiments().List().empty()) << "no experiment is linked in";
  for (const auto* entry : Experiments().List()) {
    SCOPED_TRACE(entry->info.name);
    const Experiment experiment = entry->factory();  // aborts if it is not
    std::vector<std::string> readings = {"text"};
    for (const Reading& reading : experiment.readings) {
      readings.push_back(reading.name);
    }
    for (const Preset& preset : experiment.presets) {
      for (const std::string& reading : readings) {
        const auto plan =
            MakePlan(experiment, {preset.name, {}, "", {}, reading}, Canonical);
        EXPECT_TRUE(plan.ok())
            << preset.name << ", " << reading << ": " << plan.status();
      }
    }
  }
}

TEST(ExperimentKit, NothingIsClaimedOfRunsThatAreNotThere) {
  for (const auto* entry : Experiments().List()) {
    SCOPED_TRACE(entry->info.name);
    const Experiment experiment = entry->factory();
    SeedRows planned;
    for (const Cell& cell : experiment.cells) planned[cell.name];
    for (const SeedRows& seed : {SeedRows(), planned}) {
      for (const Claim& claim : experiment.claims) {
        EXPECT_EQ(claim.statistic(seed), std::nullopt) << claim.id;
      }
      for (const Panel& panel : experiment.panels) {
        for (const PanelPoint& point : PointsOf(panel, seed)) {
          EXPECT_NE(std::max(point.x.lack, point.y.lack), Lack::kNothing)
              << panel.id << ", " << point.series;
        }
      }
    }
  }
}

}  // namespace
}  // namespace nclab
