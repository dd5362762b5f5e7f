// What measure takes and refuses. Its numbers are held to their closed forms in
// metrics/oracle.
#include "metrics/features/measure.h"

#include <cmath>
#include <limits>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::HasSubstr;

StatisticPlan Everything() {
  std::vector<std::string> metrics;
  for (const auto* entry : Metrics().List())
    metrics.push_back(entry->info.name);
  return *PlanMetrics(metrics);
}

double ValueOf(const FeatureMeasurements& measured, const std::string& metric) {
  const auto of = ValuesOf(metric, measured.now);
  EXPECT_TRUE(of.ok() && of->size() == 1) << metric;
  if (!of.ok() || of->size() != 1) return std::nan("");
  EXPECT_EQ((*of)[0].value.undefined, "") << metric;
  return (*of)[0].value.value;
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
  return MeasureFeatures(*sources, Everything()).status();
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
                             MeasureFeatures(sources, Everything()));
  for (const char* metric : {"variance_ratio", "nc1_pinv_trace", "cdnv",
                             "ncc_accuracy", "weak_variance_ratio"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const auto of, ValuesOf(metric, measured.now));
    ASSERT_EQ(of.size(), 1) << metric;
    EXPECT_NE(of[0].value.undefined, "") << metric;
  }
  EXPECT_EQ(ValueOf(measured, "within_variance"), 1.25);
}

// Labels need not be 0 .. K-1 where nothing says what K is.
TEST(MeasureFeatures, TakesAnyNumbersAsLabels) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const FeatureSources sources,
      OpenFeatures(
          WriteSmall({0, 2, 10, 12}, {7, 7, 4'000'000'000, 4'000'000'000})));
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                             MeasureFeatures(sources, Everything()));
  EXPECT_DOUBLE_EQ(ValueOf(measured, "variance_ratio"), 1.0 / 25);
}

// Metric, layer and anchor of every row.
std::vector<std::string> RowsOf(const std::string& path,
                                const std::string& metric) {
  std::vector<std::string> rows;
  const auto sources = OpenFeatures(path);
  EXPECT_THAT(sources, IsOk());
  if (!sources.ok()) return rows;
  const auto measured = MeasureFeatures(*sources, Everything());
  EXPECT_THAT(measured, IsOk());
  if (!measured.ok()) return rows;
  const auto of_metric = ValuesOf(metric, measured->now, &measured->last);
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

absl::StatusOr<FeatureMeasurements> Measure(
    const std::string& path, const FeatureMeasurements* train = nullptr) {
  const auto sources = OpenFeatures(path);
  if (!sources.ok()) return sources.status();
  return MeasureFeatures(*sources, Everything(), train);
}

// Train: 0, 2 of class 7 and 10, 12 of class 3; test: 1, 7 of 7 and 9, 11 of 3.
TEST(MeasureFeatures, AppliesTheTrainingSplitToTheTestSplit) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements train,
                             Measure(WriteSmall({0, 2, 10, 12}, {7, 7, 3, 3})));
  // Of the three others of a sample two are of the other class.
  EXPECT_EQ(ValueOf(train, "knn_accuracy"), 0);
  EXPECT_EQ(ValueOf(train, "ridge_accuracy"), 1);
  EXPECT_EQ(ValuesOf("cdnv_train_means", train.now)->size(), 0);
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const FeatureMeasurements test,
      Measure(WriteSmall({1, 7, 9, 11}, {7, 7, 3, 3}), &train));
  EXPECT_EQ(ValueOf(test, "ncc_accuracy_train_means"), 0.75);
  EXPECT_EQ(ValueOf(test, "knn_accuracy"), 0.75);
  EXPECT_EQ(ValueOf(test, "ridge_accuracy"), 0.75);
  EXPECT_DOUBLE_EQ(ValueOf(test, "cdnv_train_means"), (18 + 2) / 200.0);
  EXPECT_DOUBLE_EQ(ValueOf(test, "cdnv"), (9 + 1) / 72.0);
  EXPECT_THAT(test.labels, testing::ElementsAre(3, 7));
  // A class that only the test split has, and one that only the other has.
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const FeatureMeasurements other,
      Measure(WriteSmall({1, 7, 9, 11}, {5, 7, 7, 5}), &train));
  EXPECT_THAT(other.labels, testing::ElementsAre(3, 7, 5));
  EXPECT_EQ(ValueOf(other, "knn_accuracy"), 0);
  EXPECT_THAT((*ValuesOf("cdnv_train_means", other.now))[0].value.undefined,
              HasSubstr("both splits"));
}

TEST(MeasureFeatures, RefusesSplitsThatDoNotFit) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements train,
                             Measure(WriteSmall({0, 2, 10, 12}, {0, 0, 1, 1})));
  EXPECT_THAT(
      Measure(WriteSmall({0, 2, 10, 12, 0, 2, 10, 12}, {0, 0, 1, 1}), &train)
          .status(),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("D = 1")));
  const float values[12] = {};
  EXPECT_THAT(Measure(WriteSmall({0, 2, 10, 12}, {0, 0, 1, 1},
                                 {{"features.fc1", "F32", {4, 1}, values}}),
                      &train)
                  .status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("no layer 'fc1'")));
  EXPECT_THAT(Measure(WriteSmall({0, 2, 10, 12}, {0, 0, 1, 1},
                                 {{"logits", "F32", {4, 3}, values}}),
                      &train)
                  .status(),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("classes of the training split are others")));
}

// Two classes, each joined of two: clusters of six samples.
TEST(MeasureFeatures, AsksProbesForFineLabels) {
  std::vector<float> features;
  std::vector<int64_t> labels, fine;
  for (int64_t c = 0; c < 4; ++c) {
    for (int64_t i = 0; i < 6; ++i) {
      const double angle = static_cast<double>(c) * std::acos(-1.0) / 2;
      const double away = static_cast<double>(i) / 100;
      features.push_back(static_cast<float>(std::cos(angle) + away));
      features.push_back(static_cast<float>(std::sin(angle) - away));
      labels.push_back(c / 2);
      fine.push_back(100 + 7 * c);
    }
  }
  // Every other sample has the label of another cluster of its class.
  std::vector<int64_t> mixed = fine;
  for (size_t i = 0; i < mixed.size(); i += 2) mixed[i] = fine[i / 12 * 12];
  for (const auto* of : {&fine, &mixed}) {
    const SafetensorsTensor tensor = {"fine_labels", "I64", {24}, of->data()};
    NCLAB_ASSERT_OK_AND_ASSIGN(const FeatureMeasurements measured,
                               Measure(WriteSmall(features, labels, {tensor})));
    for (const char* metric : {"knn_accuracy", "ridge_accuracy"}) {
      const double got = ValueOf(measured, metric);
      EXPECT_EQ(got == 1, of == &fine) << metric << " " << got;
    }
    EXPECT_EQ(ValueOf(measured, "ncc_accuracy"), 1);
  }
  const SafetensorsTensor shorter = {"fine_labels", "I64", {23}, fine.data()};
  EXPECT_THAT(ErrorOf(WriteSmall(features, labels, {shorter})),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       HasSubstr("'fine_labels' is [23]")));
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
