// Every metric against its closed form, from a file as measure reads it.
#include "metrics/oracle/oracle.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/evaluation/measurements.h"
#include "metrics/features/measure.h"
#include "metrics/metric.h"
#include "metrics/oracle/cases.h"
#include "metrics/oracle/naive.h"
#include "metrics/statistics/kept/moments.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

// Of what docs/accuracy.md promises: 1e-6 for fp64 features and 1e-3 for fp32.
// The features of the oracles hold no rounding, so both are held to this.
constexpr double kBound = 1e-9;

std::string Name(const Oracle& oracle, const OracleCase& of) {
  return absl::StrCat(oracle.family, ", K ", of.classes, ", D ", of.dim, ", R ",
                      of.ratio, ", offset ", of.offset);
}

TEST(Metrics, EqualTheirClosedForms) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  std::set<std::string> seen;
  for (const OracleCase& of : OracleCases()) {
    const Oracle oracle = of.make();
    for (const char* dtype : {"F64", "F32"}) {
      SCOPED_TRACE(absl::StrCat(Name(oracle, of), ", ", dtype));
      NCLAB_ASSERT_OK_AND_ASSIGN(
          const std::vector<OracleError> errors,
          MeasureOracle(oracle, dtype, path, of.clusters, of.covariances));
      for (const OracleError& error : errors) {
        EXPECT_LT(error.error, kBound)
            << error.metric << " " << error.anchor << ": " << error.got
            << ", expected " << error.want;
        seen.insert(error.metric);
      }
    }
  }
  // objective is of runs only. Those with means of the training split are in
  // projections_test and measure_test, those of several layers in metrics_test.
  for (const auto* entry : Metrics().List()) {
    if (entry->info.scope == MetricScope::kLayers) continue;
    if (entry->info.name == "objective") continue;
    const std::vector<std::string>& needs = entry->info.statistics;
    if (std::any_of(needs.begin(), needs.end(), [](const std::string& name) {
          return absl::StrContains(name, ".train_") || name == "train_means";
        })) {
      continue;
    }
    EXPECT_EQ(seen.count(entry->info.name), 1)
        << entry->info.name << " has no oracle";
  }
}

// Where writing the features down moves the answer, what is measured is the
// answer of what was written; and the one meant, where it is representable.
TEST(VarianceRatio, OfRoundedFeaturesIsTheirOwn) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  std::map<std::string, int> representable;
  for (const RoundedCase& of : RoundedCases()) {
    const Rounded rounded =
        RoundedSimplexEtf(of.classes, of.dim, of.ratio, of.offset, of.dtype);
    SCOPED_TRACE(absl::StrCat("K ", of.classes, ", D ", of.dim, ", R ",
                              of.ratio, ", offset ", of.offset, ", ",
                              of.dtype));
    NCLAB_ASSERT_OK_AND_ASSIGN(const double got, MeasureRatio(rounded, path));
    // 0 where rounding leaves nothing of the noise.
    EXPECT_NEAR(got, rounded.exact, kBound * rounded.exact);
    const double bound = of.dtype == "F64" ? 1e-6 : 1e-3;
    if (rounded.moved > bound / 2) continue;
    ++representable[of.dtype];
    EXPECT_NEAR(got / of.ratio, 1, bound);
  }
  // So that the last line is reached.
  EXPECT_GT(representable["F64"], 30);
  EXPECT_GT(representable["F32"], 10);
}

TEST(NaiveVarianceRatio, IsOffWhereCollapseIsInteresting) {
  const Oracle near = SimplexEtf(10, 512, 1e-2, NoiseIn::kSpan, 0);
  EXPECT_NEAR(NaiveVarianceRatio(near) / near.Known("variance_ratio"), 1, 1e-3);
  const Oracle far = SimplexEtf(10, 512, 1e-6, NoiseIn::kSpan, 1e4);
  EXPECT_GT(std::abs(NaiveVarianceRatio(far) / far.Known("variance_ratio") - 1),
            0.1);
}

absl::StatusOr<StatisticPlan> WeakPlan() {
  return PlanMetrics({"weak_variance_ratio"});
}

TEST(WeakVarianceRatio, HasAtMostTheNumeratorAroundTheClassMeans) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  for (const double ratio : {0.5, 2.0, 10.0}) {
    // K = D: the features at T are those now.
    const Oracle oracle = SimplexEtf(8, 8, ratio, NoiseIn::kSpan, 3);
    ASSERT_THAT(MeasureOracle(oracle, "F64", path, false, false), IsOk());
    NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureSources sources,
                               OpenFeatures(path));
    NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                               MeasureFeatures(sources, *WeakPlan()));
    const Layer& layer = measured.now.layers[0];
    EXPECT_LE(layer.kept.As<Clusters>().within,
              WithinVariance(layer.kept.As<Moments>()));
    EXPECT_EQ(measured.AtT(layer).As<KMeans>().starts.size(), 11);
  }
}

// Any clusters of orthogonal samples are equally good.
TEST(WeakVarianceRatio, OfRandomFeaturesHasTheInertiaOfAnyClusters) {
  const std::string path = EmptyTestDirectory() + "/f.safetensors";
  const Oracle oracle = RandomFeatures(10, 64, 1e4);
  ASSERT_THAT(MeasureOracle(oracle, "F64", path, false, false), IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureSources sources, OpenFeatures(path));
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                             MeasureFeatures(sources, *WeakPlan()));
  EXPECT_NEAR(measured.now.layers[0].kept.As<Clusters>().within /
                  oracle.Known("within_variance"),
              1, 1e-9);
}

}  // namespace
}  // namespace nclab
