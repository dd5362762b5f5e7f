// Holds every experiment that is linked in to the promises of experiment.h: it
// is whole, and each of its presets is a plan.
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
    for (const Preset& preset : experiment.presets) {
      const auto plan =
          MakePlan(experiment, {preset.name, {}, "", {}}, Canonical);
      EXPECT_TRUE(plan.ok()) << preset.name << ": " << plan.status();
    }
  }
}

}  // namespace
}  // namespace nclab
