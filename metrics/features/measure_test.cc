// Every metric of features on a simplex ETF against its closed form, through
// files as measure reads them.
#include "metrics/features/measure.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;

constexpr unsigned kEverything = ~0u;

// Samples around the K unit vertices of a simplex ETF in the first K of D
// dimensions. Each class has 2 K samples, in pairs: vertex + e and vertex - e,
// e along one direction after another; so means are the vertices exactly.
struct EtfFile {
  int64_t k = 0, d = 0, n = 0;
  std::vector<double> features;
  std::vector<int64_t> labels;

  // Mean squared distance `ratio` from the vertex; `in_span`: along
  // differences of vertices, else along dimensions K .. 2K-1.
  static EtfFile Make(int64_t k, double ratio, bool in_span, double offset) {
    EtfFile file;
    file.k = k;
    file.d = 2 * k;
    const double scale = std::sqrt(static_cast<double>(k) / (k - 1));
    const auto vertex = [&](int64_t c, int64_t dim) {
      return dim >= k ? 0.0 : scale * ((c == dim ? 1.0 : 0.0) - 1.0 / k);
    };
    for (int64_t c = 0; c < k; ++c) {
      for (int64_t j = 0; j < k; ++j) {
        for (const double sign : {1.0, -1.0}) {
          for (int64_t dim = 0; dim < file.d; ++dim) {
            const double along =
                in_span ? vertex(j, dim) : (dim == k + j ? 1.0 : 0.0);
            file.features.push_back(offset + vertex(c, dim) +
                                    sign * std::sqrt(ratio) * along);
          }
          file.labels.push_back(c);
        }
      }
    }
    file.n = static_cast<int64_t>(file.labels.size());
    return file;
  }

  // W = the vertices, so that NC3 is 0 and decisions are nearest vertices.
  std::vector<double> Vertices() const {
    const EtfFile exact = Make(k, 0, false, 0);
    std::vector<double> rows;
    for (int64_t c = 0; c < k; ++c) {
      const double* row = exact.features.data() + c * 2 * k * d;
      rows.insert(rows.end(), row, row + d);
    }
    return rows;
  }

  std::string Write(bool with_weight) const {
    const std::string path = EmptyTestDirectory() + "/f.safetensors";
    const std::vector<double> weight = Vertices();
    std::vector<SafetensorsTensor> tensors = {
        {"features", "F64", {n, d}, features.data()},
        {"labels", "I64", {n}, labels.data()}};
    if (with_weight) {
      tensors.push_back({"weight", "F64", {k, d}, weight.data()});
    }
    EXPECT_THAT(WriteSafetensors(path, tensors), IsOk());
    return path;
  }
};

double ValueOf(MetricValues& values, const std::string& metric) {
  const auto of = values.Of(metric);
  EXPECT_TRUE(of.ok() && of->size() == 1) << metric;
  if (!of.ok() || of->size() != 1) return std::nan("");
  EXPECT_EQ((*of)[0].value.undefined, "") << metric;
  return (*of)[0].value.value;
}

TEST(MeasureFeatures, GivesClosedFormsOnASimplexEtf) {
  for (const int64_t k : {2, 3, 10, 40}) {
    for (const double ratio : {0.1, 1e-4, 1e-8}) {
      for (const bool in_span : {false, true}) {
        for (const double offset : {0.0, 1e4}) {
          // The samples themselves are rounded to offset * 2^-53, which
          // matters as a part of their spread.
          const double rounding =
              1e-9 + 8 * offset * 1.2e-16 / std::sqrt(ratio);
          const EtfFile file = EtfFile::Make(k, ratio, in_span, offset);
          NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureSources sources,
                                     OpenFeatures(file.Write(false)));
          NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                                     MeasureFeatures(sources, kEverything));
          MetricValues values(measured.now);
          const std::string where =
              absl::StrCat("K ", k, ", ratio ", ratio, ", in span ", in_span,
                           ", offset ", offset);
          EXPECT_NEAR(ValueOf(values, "variance_ratio") / ratio, 1, rounding)
              << where;
          EXPECT_NEAR(ValueOf(values, "cdnv") / (ratio * (k - 1.0) / (2.0 * k)),
                      1, rounding)
              << where;
          const double trace = in_span ? ratio * (k - 1.0) : 0;
          EXPECT_NEAR(ValueOf(values, "nc1_pinv_trace") / ratio, trace / ratio,
                      rounding * k)
              << where;
          EXPECT_NEAR(ValueOf(values, "nc1_pinv_trace_over_classes") / ratio,
                      trace / ratio / k, rounding)
              << where;
          for (const char* metric :
               {"nc2_equinorm_means", "nc2_cos_std_means",
                "nc2_max_angle_means", "nc2_etf_error_means"}) {
            EXPECT_NEAR(ValueOf(values, metric), 0, 1e-7) << metric << where;
          }
          EXPECT_EQ(ValueOf(values, "ncc_accuracy"), 1) << where;
          // The clusters are the classes where they are far apart.
          if (ratio < 1e-3) {
            EXPECT_NEAR(ValueOf(values, "weak_variance_ratio") / ratio, 1,
                        rounding)
                << where;
          }
        }
      }
    }
  }
}

TEST(MeasureFeatures, WithTheMeansAsClassifierHasNoMismatch) {
  const EtfFile file = EtfFile::Make(10, 1e-3, true, 0);
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureSources sources,
                             OpenFeatures(file.Write(true)));
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                             MeasureFeatures(sources, kEverything));
  MetricValues values(measured.now);
  EXPECT_TRUE(measured.has_totals);
  EXPECT_EQ(ValueOf(values, "accuracy"), 1);
  EXPECT_EQ(ValueOf(values, "nc4_ncc_mismatch"), 0);
  EXPECT_NEAR(ValueOf(values, "nc3_self_duality"), 0, 1e-12);
  EXPECT_NEAR(ValueOf(values, "nc2_max_angle_weights"), 0, 1e-12);
  EXPECT_NEAR(ValueOf(values, "nc2_etf_error_weights"), 0, 1e-12);
}

TEST(MeasureFeatures, FindsAWeakNumeratorBelowTheStrongOne) {
  for (const double ratio : {0.5, 2.0, 10.0}) {
    const EtfFile file = EtfFile::Make(5, ratio, true, 3);
    NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureSources sources,
                               OpenFeatures(file.Write(false)));
    NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                               MeasureFeatures(sources, kEverything));
    EXPECT_LE(measured.now.layers[0].clusters->within,
              WithinVariance(measured.now.layers[0].moments));
    EXPECT_EQ(measured.k_means.at("features").starts.size(), 11);
  }
}

// A file of raw bytes; features [4, 1] fp32 unless told.
std::string WriteSmall(const std::vector<float>& features,
                       const std::vector<int64_t>& labels,
                       std::vector<SafetensorsTensor> more = {}) {
  const std::string path = EmptyTestDirectory() + "/small.safetensors";
  const int64_t n = static_cast<int64_t>(labels.size());
  more.push_back({"features",
                  "F32",
                  {n, static_cast<int64_t>(features.size()) / n},
                  features.data()});
  more.push_back({"labels", "I64", {n}, labels.data()});
  EXPECT_THAT(WriteSafetensors(path, more), IsOk());
  return path;
}

absl::Status ErrorOf(const std::string& path) {
  const auto sources = OpenFeatures(path);
  if (!sources.ok()) return sources.status();
  return MeasureFeatures(*sources, kEverything).status();
}

TEST(MeasureFeatures, RefusesWhatIsNotANumber) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(),
                          std::numeric_limits<float>::infinity()}) {
    EXPECT_THAT(ErrorOf(WriteSmall({0, 1, 2, 3, bad, 5, 6, 7}, {0, 0, 1, 1})),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         HasSubstr("row 2, column 0")));
  }
}

TEST(MeasureFeatures, RefusesLabelsOutOfRange) {
  EXPECT_THAT(
      ErrorOf(WriteSmall({0, 1, 2, 3}, {0, -1, 1, 1})),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-1 in row 1")));
  const std::vector<float> logits(8);
  EXPECT_THAT(ErrorOf(WriteSmall({0, 1, 2, 3}, {0, 0, 1, 2},
                                 {{"logits", "F32", {4, 2}, logits.data()}})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("expected 0 to 1")));
}

TEST(MeasureFeatures, RefusesShapesThatDoNotFit) {
  const std::vector<float> values(8);
  EXPECT_THAT(ErrorOf(WriteSmall({0, 1, 2, 3}, {0, 0, 1, 1},
                                 {{"weight", "F32", {2, 3}, values.data()}})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("tensor 'weight'")));
  EXPECT_THAT(
      ErrorOf(WriteSmall({0, 1, 2, 3}, {0, 0, 1, 1},
                         {{"final_features", "F32", {2, 1}, values.data()}})),
      StatusIs(absl::StatusCode::kInvalidArgument,
               HasSubstr("tensor 'final_features'")));
}

TEST(MeasureFeatures, SaysWhyAValueIsUndefined) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const FeatureSources sources,
      OpenFeatures(WriteSmall({1, 2, 3, 4}, {5, 5, 5, 5})));
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                             MeasureFeatures(sources, kEverything));
  MetricValues values(measured.now);
  for (const char* metric : {"variance_ratio", "nc1_pinv_trace", "cdnv",
                             "ncc_accuracy", "weak_variance_ratio"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const auto of, values.Of(metric));
    ASSERT_EQ(of.size(), 1) << metric;
    EXPECT_NE(of[0].value.undefined, "") << metric;
  }
  EXPECT_EQ(ValueOf(values, "within_variance"), 1.25);
}

// Labels need not be 0 .. K-1 where nothing says what K is.
TEST(MeasureFeatures, TakesAnyNumbersAsLabels) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const FeatureSources sources,
      OpenFeatures(
          WriteSmall({0, 2, 10, 12}, {7, 7, 4'000'000'000, 4'000'000'000})));
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                             MeasureFeatures(sources, kEverything));
  MetricValues values(measured.now);
  EXPECT_DOUBLE_EQ(ValueOf(values, "variance_ratio"), 1.0 / 25);
}

// Metric, layer and anchor of every row.
std::vector<std::string> RowsOf(const std::string& path,
                                const std::string& metric) {
  std::vector<std::string> rows;
  const auto sources = OpenFeatures(path);
  EXPECT_THAT(sources, IsOk());
  if (!sources.ok()) return rows;
  const auto measured = MeasureFeatures(*sources, kEverything);
  EXPECT_THAT(measured, IsOk());
  if (!measured.ok()) return rows;
  MetricValues values(measured->now, &measured->last);
  const auto of_metric = values.Of(metric);
  EXPECT_THAT(of_metric, IsOk());
  for (const LayerValue& value : *of_metric) {
    rows.push_back(
        absl::StrCat(value.layer, " ", value.anchor, " ", value.value.value));
  }
  return rows;
}

TEST(MeasureFeatures, AnchorsEachLayerThatHasFinals) {
  const float other[] = {0, 2, 10, 12};  // within 1, means 1 and 11
  const float at_end[] = {5, 7, 15, 17};
  const SafetensorsTensor fc1 = {"features.fc1", "F32", {4, 1}, other};
  const SafetensorsTensor fc1_end = {
      "final_features.fc1", "F32", {4, 1}, at_end};
  const SafetensorsTensor end = {"final_features", "F32", {4, 1}, at_end};
  const std::vector<float> features = {5, 7, 15, 17};
  const std::vector<int64_t> labels = {0, 0, 1, 1};
  EXPECT_THAT(
      RowsOf(WriteSmall(features, labels, {fc1, end}), "within_variance"),
      testing::ElementsAre("features own 1", "features final 1", "fc1 own 1"));
  EXPECT_THAT(
      RowsOf(WriteSmall(features, labels, {fc1, fc1_end}), "within_variance"),
      testing::ElementsAre("features own 1", "fc1 own 1", "fc1 final 26"));
  EXPECT_THAT(RowsOf(WriteSmall(features, labels, {fc1, fc1_end, end}),
                     "within_variance"),
              testing::ElementsAre("features own 1", "features final 1",
                                   "fc1 own 1", "fc1 final 26"));
  EXPECT_THAT(RowsOf(WriteSmall(features, labels, {fc1}), "within_variance"),
              testing::ElementsAre("features own 1", "fc1 own 1"));
  const auto sources = OpenFeatures(WriteSmall(
      features, labels, {{"final_fc1", "F32", {4, 1}, at_end}, fc1}));
  ASSERT_THAT(sources, IsOk());
  EXPECT_THAT(sources->stray_finals, testing::ElementsAre("final_fc1"));
}

TEST(OpenFeatures, RefusesOneLayerAsTwoTensors) {
  const float values[4] = {0, 2, 10, 12};
  EXPECT_THAT(
      ErrorOf(WriteSmall({5, 7, 15, 17}, {0, 0, 1, 1},
                         {{"features.features", "F32", {4, 1}, values}})),
      StatusIs(absl::StatusCode::kInvalidArgument,
               testing::AllOf(HasSubstr("layer 'features' twice"),
                              HasSubstr("'features.features'"))));
}

}  // namespace
}  // namespace nclab
