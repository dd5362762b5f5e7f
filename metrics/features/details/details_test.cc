#include "metrics/features/details/details.h"

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/statistics/kept/views.h"
#include "nlohmann/json.hpp"
#include "tools/base/files/files.h"
#include "tools/base/files/safetensors.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

Kept KeptOf(const Moments& moments) {
  Kept kept;
  kept.Set("class_moments", moments.ToArrays());
  return kept;
}

// Means at (4, 0), (0, 2), (-4, -2) around 0, far from the origin; class 1 is
// absent.
Moments Means() {
  const double x = 1000;
  return {
      2, {2, 0, 1, 4}, {x + 4, x, 0, 0, x, x + 2, x - 4, x - 2}, {6, 0, 0, 8}};
}

TEST(DetailsOf, AreThoseOfTheClassesPresent) {
  const LayerDetails details =
      DetailsOf("features", KeptOf(Means()), {3, 4, 5, 9});
  EXPECT_THAT(details.labels, ElementsAre(3, 5, 9));
  EXPECT_THAT(details.count, ElementsAre(2, 1, 4));
  EXPECT_THAT(details.scatter, ElementsAre(6, 0, 8));
  EXPECT_THAT(details.norms,
              ElementsAre(DoubleNear(4, 1e-10), DoubleNear(2, 1e-10),
                          DoubleNear(std::sqrt(20), 1e-10)));
  EXPECT_EQ(details.distances[0], 0);
  EXPECT_NEAR(details.distances[1], std::sqrt(20), 1e-10);
  EXPECT_NEAR(details.distances[3], std::sqrt(20), 1e-10);
  EXPECT_NEAR(details.cosines[1], 0, 1e-10);
  EXPECT_NEAR(details.cosines[2], -4 / std::sqrt(20), 1e-10);
  EXPECT_NEAR(details.cosines[4], 1, 1e-10);
  EXPECT_THAT(details.nearest, ElementsAre(5, 3, 5));
  // Variances 3, 0, 2; squared distances 20, 68, 32.
  EXPECT_THAT(details.cdnv,
              ElementsAre(DoubleNear((3.0 / 40 + 5.0 / 136) / 2, 1e-10),
                          DoubleNear((3.0 / 40 + 2.0 / 64) / 2, 1e-10),
                          DoubleNear((5.0 / 136 + 2.0 / 64) / 2, 1e-10)));
  EXPECT_TRUE(details.weight_norms.empty());
  // M^T M = [[32, 8], [8, 8]].
  EXPECT_THAT(details.singular_values,
              ElementsAre(DoubleNear(std::sqrt(20 + std::sqrt(208)), 1e-9),
                          DoubleNear(std::sqrt(20 - std::sqrt(208)), 1e-9)));
}

TEST(DetailsOf, CompareMeansWithTheClassifier) {
  Kept kept = KeptOf(Means());
  kept.Set("head", Head{4, 2, {3, 4, 9, 9, 0, -2, 0, 0}}.ToArrays());
  const LayerDetails details = DetailsOf("features", kept, {3, 4, 5, 9});
  EXPECT_THAT(details.weight_norms, ElementsAre(5, 2, 0));
  EXPECT_NEAR(details.weight_cosines[0], 0.6, 1e-10);
  EXPECT_NEAR(details.weight_cosines[1], -1, 1e-10);
  EXPECT_TRUE(std::isnan(details.weight_cosines[2]));
}

TEST(DetailsOf, HaveNoCosineWithAZeroMean) {
  const Moments m = {1, {1, 1, 1}, {-1, 0, 1}, {0, 0, 0}};
  const LayerDetails details = DetailsOf("features", KeptOf(m), {0, 1, 2});
  EXPECT_TRUE(std::isnan(details.cosines[1]));
  EXPECT_EQ(details.cosines[2], -1);
}

TEST(WriteDetails, WritesTensorsTablesAndPictures) {
  const std::string directory = EmptyTestDirectory() + "/new/details";
  ASSERT_THAT(
      WriteDetails(directory,
                   {DetailsOf("fc1", KeptOf(Means()), {3, 4, 5, 9}),
                    DetailsOf("features", KeptOf(Means()), {3, 4, 5, 9})}),
      IsOk());
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const SafetensorsReader file,
      SafetensorsReader::Open(directory + "/details.safetensors"));
  const SafetensorsEntry* cosines = file.Find("fc1.cosines");
  ASSERT_NE(cosines, nullptr);
  EXPECT_THAT(cosines->shape, ElementsAre(3, 3));
  std::vector<double> values(9);
  ASSERT_THAT(file.Read(*cosines, 0, 72, values.data()), IsOk());
  EXPECT_NEAR(values[2], -4 / std::sqrt(20), 1e-10);
  for (const char* name : {"labels", "count", "scatter", "norms", "distances",
                           "singular_values"}) {
    EXPECT_NE(file.Find(std::string("features.") + name), nullptr) << name;
  }
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string classes,
                             ReadFile(directory + "/classes.csv"));
  EXPECT_THAT(classes,
              StartsWith("layer,class,count,scatter,variance,norm,cdnv,nearest,"
                         "nearest_distance,weight_norm,weight_cosine\n"
                         "fc1,3,2,6,3,4,0.0558"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string spectrum,
                             ReadFile(directory + "/spectrum.csv"));
  EXPECT_THAT(spectrum, HasSubstr("\nfeatures,1,5.86"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const std::string svg,
                             ReadFile(directory + "/figure.svg"));
  EXPECT_THAT(svg, HasSubstr("fc1: cosines of means (ETF: -0.5)"));
  EXPECT_TRUE(FileExists(directory + "/figure.png"));
  EXPECT_TRUE(FileExists(directory + "/figure.pdf"));
}

TEST(DetailsFigure, ShowsManyClassesAsBlocks) {
  const int64_t n = 1000;
  Moments m = {1, std::vector<int64_t>(n, 1), {}, std::vector<double>(n, 1.0)};
  std::vector<int64_t> labels;
  for (int64_t c = 0; c < n; ++c) {
    m.mean.push_back(static_cast<double>(c));
    labels.push_back(c);
  }
  const auto spec = nlohmann::json::parse(
      DetailsFigure({DetailsOf("features", KeptOf(m), labels)}));
  const auto& distances = spec["concat"][1];
  EXPECT_THAT(distances["title"].get<std::string>(), HasSubstr("blocks"));
  EXPECT_EQ(distances["data"]["values"].size(), 50 * 50);
  // Classes 0 to 19 with 20 to 39: 20 apart on average.
  EXPECT_EQ(distances["data"]["values"][1]["b"], "20-39");
  EXPECT_NEAR(distances["data"]["values"][1]["value"].get<double>(), 20, 1e-9);
}

}  // namespace
}  // namespace nclab
