// Each metric on one example, and the variances in closed form, on moments
// written down by hand. What they give on samples: metrics/oracle.
#include <cmath>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/metric.h"

namespace nclab {
namespace {

using testing::HasSubstr;

MetricValue Compute(const std::string& name, const Kept& now,
                    const Kept& anchor, std::vector<const Layer*> layers = {}) {
  const auto choice = Metrics().Bind(name);
  const auto entry = Metrics().Find(name);
  EXPECT_TRUE(choice.ok() && entry.ok()) << name;
  return (*entry)->factory(choice->params, {now, anchor, std::move(layers)});
}
MetricValue Compute(const std::string& name, const Kept& now) {
  return Compute(name, now, now);
}

Kept KeptOf(const Moments& moments) {
  Kept kept;
  kept.Set("class_moments", moments.ToArrays());
  return kept;
}

Kept KeptOf(const SplitTotals& totals) {
  Kept kept;
  kept.Set("decisions", totals.ToArrays());
  return kept;
}

double ValueOf(const std::string& name, const Moments& moments,
               const Moments& anchor) {
  const MetricValue value = Compute(name, KeptOf(moments), KeptOf(anchor));
  EXPECT_EQ(value.undefined, "") << name;
  return value.value;
}
double ValueOf(const std::string& name, const Moments& moments) {
  return ValueOf(name, moments, moments);
}

std::string ReasonOf(const std::string& name, const Moments& moments,
                     const Moments& anchor) {
  const MetricValue value = Compute(name, KeptOf(moments), KeptOf(anchor));
  EXPECT_TRUE(std::isnan(value.value)) << name;
  return value.undefined;
}
std::string ReasonOf(const std::string& name, const Moments& moments) {
  return ReasonOf(name, moments, moments);
}

// K unit vertices of a simplex ETF in K dimensions, n samples a class, each at
// a mean squared distance `ratio` from its vertex.
Moments SimplexEtf(int64_t classes, double ratio, double offset = 0) {
  const double k = static_cast<double>(classes);
  const double scale = std::sqrt(k / (k - 1));
  Moments m{classes, std::vector<int64_t>(classes, 10), {}, {}};
  for (int64_t c = 0; c < classes; ++c) {
    for (int64_t d = 0; d < classes; ++d) {
      m.mean.push_back(offset + scale * ((c == d ? 1 : 0) - 1 / k));
    }
  }
  m.scatter.assign(classes, 10 * ratio);
  return m;
}

// Three classes whose centred means have the norms 3, 4, 5 and the cosines 0,
// -0.6, -0.8; at T they are twice as far out. Rows of W: norms 1, 2, 5, cosines
// 1, 0.8, 0.8. The values of every registered metric, worked out by hand.
TEST(Metrics, EachHasItsValueOnOneExample) {
  const Moments now = {2, {2, 1, 1}, {3, 0, 0, 4, -3, -4}, {8, 0, 4}};
  const Moments last = {2, {2, 1, 1}, {6, 0, 0, 8, -6, -8}, {0, 0, 0}};
  Projections projections;
  projections.whitened = 1.5 * 4 / 3;  // N/K times the trace
  projections.rank = 2;
  projections.has_train = true;
  projections.in_span = 9;
  projections.spectrum = {0, 9, 16};
  projections.along = {0, 25, 52, 25, 0, 73, 0, 146, 0};
  projections.own = {/*correct=*/2, /*disagree=*/3};
  projections.train = {/*correct=*/3, /*disagree=*/1};
  Kept kept = KeptOf(now);
  kept.Set("decisions", SplitTotals{4, 3, 2.0, 1.0}.ToArrays());
  kept.Set(kHead, Head{3, 2, {0, 1, 0, 2, 3, 4}}.ToArrays());
  kept.Set("projections", projections.ToArrays());
  kept.Set("norms", {{"samples", Array(int64_t{4})},
                     {"mean", Array(2.5)},
                     {"deviations", Array(9.0)}});
  kept.Set("second_moments", {{"dim", Array(int64_t{2})},
                              {"finite", Array(int64_t{1})},
                              {"within", Array({2}, std::vector<double>{1, 4})},
                              {"total", Array({2}, std::vector<double>{0, 9})},
                              {"unexplained", Array(0.5)},
                              {"rank", Array(int64_t{2})}});
  kept.Set("train_means", {{"pairs", Array(int64_t{3})},
                           {"coincide", Array(int64_t{0})},
                           {"cdnv", Array(1.5)}});
  for (const char* probe : {"knn", "ridge"}) {
    kept.Set(probe, {{"dim", Array(int64_t{2})},
                     {"samples", Array(int64_t{8})},
                     {"correct", Array(int64_t{*probe == 'k' ? 6 : 7})},
                     {"finite", Array(int64_t{1})}});
  }
  // Two layers, and one before an activation that does not count.
  std::vector<Layer> layers = {
      {"fc1", KeptOf(now)}, {"fc2.pre", KeptOf(now)}, {"fc2", KeptOf(now)}};
  for (size_t i = 0; i < layers.size(); ++i) {
    Projections of = projections;
    if (i == 2) of.whitened /= std::exp(2);
    if (i == 2) of.own.correct = 4;
    layers[i].kept.Set("projections", of.ToArrays());
  }
  kept.Set("clusters", Clusters{6, 4, 0}.ToArrays());
  const auto root = [](double x) { return std::sqrt(x); };

  const std::vector<double> logs = {-std::log(2.0) / 2, -std::log(3.2) / 2,
                                    -std::log(3.6) / 2};
  const double mean_log = (logs[0] + logs[1] + logs[2]) / 3;
  double var_log = 0;
  for (const double x : logs) var_log += (x - mean_log) * (x - mean_log) / 3;

  // By name and anchor: both rows of a metric that has two.
  const std::map<std::string, double> want = {
      {"accuracy", 3.0 / 4},
      {"loss", 2.0 / 4},
      {"objective", 1.0 / 4},
      {"within_variance own", 12.0 / 4},
      {"within_variance final", 12.0 / 4 + (2 * 9 + 16 + 25) / 4.0},
      {"between_variance own", 50.0 / 3},
      {"between_variance final", 200.0 / 3},
      {"variance_ratio own", 3 * 3 / 50.0},
      {"variance_ratio final", 17.75 * 3 / 200},
      {"weak_variance_ratio", 6.0 / 4},
      {"cdnv", (4 / 50.0 + 8 / 104.0 + 4 / 146.0) / 3},
      {"cdnv_directional", (37.5 / 1250 + 26.0 / 5408 + 219.0 / 10658) / 3},
      {"within_in_span", 9.0 / 12},
      {"feature_norm_mean", 2.5},
      {"feature_norm_std", 1.5},
      {"nc0_weight_sum", root(58) / 8},
      {"nc3_etf_duality", root(2 + 34 / root(2244))},
      {"nc3_cosine_mean", 0},
      {"nc3_cosine_var", 2.0 / 3},
      {"gnc2_log_mean", mean_log},
      {"gnc2_log_var", var_log},
      {"effective_rank_means",
       std::exp(-3 / 7.0 * std::log(3 / 7.0) - 4 / 7.0 * std::log(4 / 7.0))},
      {"participation_ratio_means", 625.0 / 337},
      {"effective_rank_features", 1},
      {"effective_rank_within",
       std::exp(-1 / 3.0 * std::log(1 / 3.0) - 2 / 3.0 * std::log(2 / 3.0))},
      {"participation_ratio_features", 1},
      {"participation_ratio_within", 25.0 / 17},
      {"vci", 0.25},
      {"cdnv_train_means", 0.5},
      {"knn_accuracy", 0.75},
      {"ridge_accuracy", 0.875},
      {"equi_separation_slope", -2},
      {"equi_separation_correlation", -1},
      {"ncc_depth", 2},
      {"nc1_pinv_trace", 1.5},
      {"nc1_pinv_trace_over_classes", 0.5},
      {"nc2_equinorm_means", root(2.0 / 3) / 4},
      {"nc2_equinorm_weights", root(26) / 8},
      {"nc2_cos_std_means", root(1.04) / 3},
      {"nc2_cos_std_weights", root(0.08) / 3},
      {"nc2_max_angle_means", (0.5 + 0.1 + 0.3) / 3},
      {"nc2_max_angle_weights", (1.5 + 1.3 + 1.3) / 3},
      {"nc2_etf_error_means", root(2 - 100 / root(2 * 1636))},
      {"nc2_etf_error_weights", root(2 - 64.0 / 3 / root(2 * 810))},
      {"nc3_self_duality", 2 + 2 * 17 / root(30 * 50)},
      {"nc4_ncc_mismatch", 3.0 / 4},
      {"ncc_accuracy", 2.0 / 4},
      {"nc4_ncc_mismatch_train_means", 1.0 / 4},
      {"ncc_accuracy_train_means", 3.0 / 4}};
  std::set<std::string> tested;
  for (const auto& [row, value] : want) {
    const std::string name = row.substr(0, row.find(' '));
    const bool at_end = absl::EndsWith(row, " final");
    const MetricValue got = Compute(name, kept, at_end ? KeptOf(last) : kept,
                                    {&layers[0], &layers[1], &layers[2]});
    EXPECT_EQ(got.undefined, "") << row;
    EXPECT_NEAR(got.value, value, 2e-14) << row;
    tested.insert(name);
  }
  // A metric without a value here is one without a test.
  std::set<std::string> registered;
  for (const auto* entry : Metrics().List()) {
    registered.insert(entry->info.name);
    if (entry->info.anchors == MetricAnchors::kBoth) {
      EXPECT_EQ(want.count(entry->info.name + " final"), 1) << entry->info.name;
    }
  }
  EXPECT_EQ(tested, registered);
}

TEST(Metrics, EqualTheirClosedFormsOnASimplexEtf) {
  for (const int64_t classes : {2, 3, 10, 50}) {
    for (const double ratio : {1.0, 1e-2, 1e-5, 1e-8}) {
      const Moments m = SimplexEtf(classes, ratio);
      const double k = static_cast<double>(classes);
      EXPECT_NEAR(ValueOf("variance_ratio", m) / ratio, 1, 1e-12);
      EXPECT_NEAR(ValueOf("within_variance", m) / ratio, 1, 1e-12);
      EXPECT_NEAR(ValueOf("between_variance", m), 1, 1e-12);
      EXPECT_NEAR(ValueOf("cdnv", m) / (ratio * (k - 1) / (2 * k)), 1, 1e-12);
    }
  }
}

TEST(Metrics, DoNotDependOnTheOrigin) {
  const Moments near = SimplexEtf(10, 0.1), far = SimplexEtf(10, 0.1, 1e4);
  for (const char* name : {"variance_ratio", "between_variance", "cdnv"}) {
    // The means themselves are rounded to 1e4 * 2^-53 = 1e-12.
    EXPECT_NEAR(ValueOf(name, far) / ValueOf(name, near), 1, 1e-11) << name;
  }
}

TEST(Metrics, ThatAreRatiosDoNotDependOnTheUnit) {
  Moments m = SimplexEtf(7, 0.3);
  const double ratio = ValueOf("variance_ratio", m), cdnv = ValueOf("cdnv", m);
  for (double& mean : m.mean) mean *= 8;
  for (double& scatter : m.scatter) scatter *= 64;
  EXPECT_EQ(ValueOf("variance_ratio", m), ratio);
  EXPECT_EQ(ValueOf("cdnv", m), cdnv);
}

TEST(Metrics, IgnoreClassesWithoutSamples) {
  const Moments all = SimplexEtf(4, 0.2);
  Moments padded = all;
  padded.count.insert(padded.count.begin(), 0);
  padded.scatter.insert(padded.scatter.begin(), 0);
  padded.mean.insert(padded.mean.begin(), padded.dim, 0.0);
  for (const char* name :
       {"variance_ratio", "within_variance", "between_variance", "cdnv"}) {
    EXPECT_DOUBLE_EQ(ValueOf(name, padded), ValueOf(name, all)) << name;
  }
}

TEST(VarianceRatio, AveragesSamplesAboveAndClassesBelow) {
  // Class 0: 4 samples around 0 with scatter 8; class 1: 1 sample at 6.
  const Moments m = {1, {4, 1}, {0, 6}, {8, 0}};
  EXPECT_DOUBLE_EQ(ValueOf("variance_ratio", m), (8.0 / 5) / 9);
  EXPECT_DOUBLE_EQ(ValueOf("cdnv", m), (8.0 / 4) / (2 * 36));
}

TEST(VarianceRatio, TakesCentresAndDenominatorFromTheAnchor) {
  const Moments now = {1, {2, 2}, {0, 1}, {2, 4}};
  const Moments last = {1, {2, 2}, {1, 5}, {0, 0}};
  const double within = (2 + 4) / 4.0 + (1 + 16) / 2.0;
  EXPECT_DOUBLE_EQ(ValueOf("within_variance", now, last), within);
  EXPECT_DOUBLE_EQ(ValueOf("between_variance", now, last), 4);
  EXPECT_DOUBLE_EQ(ValueOf("variance_ratio", now, last), within / 4);
}

// Samples sit exactly on vertices, a share p of every class on a wrong one,
// uniformly: class means shrink to a = 1 - p K/(K-1) of their vertex, and the
// ratio is (1 - a^2) / a^2.
TEST(VarianceRatio, EqualsTheWrongVertexModel) {
  const int64_t classes = 10, samples = 180;
  const Moments vertices = SimplexEtf(classes, 0);
  for (const int64_t wrong : {9, 18, 45}) {  // p = .05, .10, .25
    Moments m = vertices;
    m.count.assign(classes, samples);
    for (int64_t c = 0; c < classes; ++c) {
      for (int64_t d = 0; d < classes; ++d) {
        double sum =
            static_cast<double>(samples - wrong) * vertices.mean_of(c)[d];
        for (int64_t o = 0; o < classes; ++o) {
          if (o != c) {
            sum += static_cast<double>(wrong) / 9 * vertices.mean_of(o)[d];
          }
        }
        m.mean[c * classes + d] = sum / static_cast<double>(samples);
      }
      m.scatter[c] = 0;
      for (int64_t o = 0; o < classes; ++o) {
        const double n =
            o == c ? samples - wrong : static_cast<double>(wrong) / 9;
        m.scatter[c] +=
            n * SquaredDistance(vertices.mean_of(o), m.mean_of(c), classes);
      }
    }
    const double p = static_cast<double>(wrong) / samples;
    const double a = 1 - p * 10 / 9;
    EXPECT_NEAR(ValueOf("variance_ratio", m) / ((1 - a * a) / (a * a)), 1,
                1e-12);
  }
}

TEST(Metrics, SayWhyThereIsNoNumberForOneClass) {
  const Moments one = {2, {0, 3}, {0, 0, 1, 1}, {0, 1}};
  for (const char* name : {"variance_ratio", "between_variance", "cdnv"}) {
    EXPECT_THAT(ReasonOf(name, one), HasSubstr("two classes")) << name;
  }
  EXPECT_DOUBLE_EQ(ValueOf("within_variance", one), 1.0 / 3);
}

TEST(Metrics, SayWhyThereIsNoNumberForCoincidingMeans) {
  const Moments m = {1, {2, 2}, {3, 3}, {1, 1}};
  for (const char* name : {"variance_ratio", "cdnv"}) {
    EXPECT_THAT(ReasonOf(name, m), HasSubstr("coincide")) << name;
  }
  EXPECT_EQ(ValueOf("between_variance", m), 0);
}

TEST(Metrics, SayWhyThereIsNoNumberForNoSamples) {
  const Moments none = {2, {0, 0}, {0, 0, 0, 0}, {0, 0}};
  for (const char* name :
       {"variance_ratio", "within_variance", "between_variance", "cdnv"}) {
    EXPECT_NE(ReasonOf(name, none), "") << name;
  }
}

TEST(Metrics, SayWhyThereIsNoNumberForAClassThatTheAnchorLacks) {
  const Moments now = {1, {1, 1, 1}, {0, 1, 2}, {0, 0, 0}};
  const Moments last = {1, {1, 1, 0}, {0, 1, 0}, {0, 0, 0}};
  for (const char* name : {"variance_ratio", "within_variance"}) {
    EXPECT_THAT(ReasonOf(name, now, last), HasSubstr("absent")) << name;
  }
}

TEST(Metrics, OfASplitAreMeansOverSamples) {
  const SplitTotals totals = {8, 6, 2.0, 4.0};
  EXPECT_EQ(Compute("accuracy", KeptOf(totals)).value, 0.75);
  EXPECT_EQ(Compute("loss", KeptOf(totals)).value, 0.25);
  EXPECT_EQ(Compute("objective", KeptOf(totals)).value, 0.5);
  EXPECT_TRUE(KeptOf(totals).Has("decisions.objective"));
  EXPECT_FALSE(KeptOf(SplitTotals{8, 6, 2.0}).Has("decisions.objective"));
  const Kept none = KeptOf(SplitTotals{.objective = 0});
  EXPECT_EQ(Compute("accuracy", none).undefined, "no samples");
  EXPECT_EQ(Compute("loss", none).undefined, "no samples");
  EXPECT_EQ(Compute("objective", none).undefined, "no samples");
}

TEST(Metrics, SayHowLargeAMatrixWouldBe) {
  Kept kept;
  kept.Set("second_moments", {{"dim", Array(int64_t{8192})}});
  kept.Set("ridge",
           {{"dim", Array(int64_t{8192})}, {"samples", Array(int64_t{0})}});
  for (const char* name :
       {"effective_rank_within", "participation_ratio_features"}) {
    EXPECT_THAT(Compute(name, kept).undefined, HasSubstr("536 MB")) << name;
  }
  EXPECT_THAT(Compute("ridge_accuracy", kept).undefined, HasSubstr("536 MB"));
  // Of 30,000 classes in one dimension.
  Moments many = {
      1, std::vector<int64_t>(30000, 1), {}, std::vector<double>(30000, 0.0)};
  for (int64_t c = 0; c < 30000; ++c) {
    many.mean.push_back(static_cast<double>(c) + 0.25);
  }
  for (const char* name : {"nc2_cos_std_means", "gnc2_log_mean"}) {
    EXPECT_THAT(ReasonOf(name, many), HasSubstr("7200 MB")) << name;
  }
  EXPECT_EQ(ValueOf("variance_ratio", many), 0);
}

TEST(Metrics, DescribeThemselves) {
  ASSERT_FALSE(Metrics().List().empty());
  for (const auto* entry : Metrics().List()) {
    EXPECT_NE(entry->info.summary, "") << entry->info.name;
    EXPECT_NE(entry->info.reference, "") << entry->info.name;
    EXPECT_NE(entry->info.formula, "") << entry->info.name;
    if (entry->info.scope == MetricScope::kSplit) {
      EXPECT_EQ(entry->info.anchors, MetricAnchors::kNone) << entry->info.name;
    }
  }
}

}  // namespace
}  // namespace nclab
