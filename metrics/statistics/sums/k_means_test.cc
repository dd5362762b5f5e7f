#include "metrics/statistics/sums/k_means.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <cmath>
#include <limits>
#include <utility>

#include "gtest/gtest.h"
#include "metrics/statistics/sums/class_moments.h"

namespace nclab {
namespace {

struct Labelled {
  at::Tensor features, labels;
  int64_t classes;

  template <typename Sums>
  void AddTo(Sums& sums) const {
    constexpr int64_t kBatch = 1000;
    for (int64_t i = 0; i < features.size(0); i += kBatch) {
      sums.Add(features.slice(0, i, i + kBatch));
    }
  }
  Moments moments() const {
    ClassMoments sums(classes, features.size(1), at::kCPU);
    sums.Add(features, labels);
    return sums.Finish();
  }
};

// Classes whose means lie `apart` standard deviations from the origin.
Labelled Random(int64_t n, int64_t dim, int64_t classes, double apart,
                at::ScalarType type, uint64_t seed) {
  at::manual_seed(seed);
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor labels =
      at::randint(classes, {n}, at::TensorOptions(at::kLong));
  const at::Tensor centers = at::randn({classes, dim}, doubles) *
                             (apart / std::sqrt(static_cast<double>(dim)));
  return {(centers.index_select(0, labels) + at::randn({n, dim}, doubles) + 5)
              .to(type),
          labels, classes};
}

KMeans FitTo(const Labelled& data) {
  KMeansFit fit(data.moments());
  for (int n = 0; fit.WantsLook(n); ++n) data.AddTo(fit);
  return fit.Finish();
}

Clusters Apply(const KMeans& fit, const Labelled& data) {
  ClusterSums sums(fit);
  data.AddTo(sums);
  return sums.Finish();
}

// Weak numerator <= strong numerator at T, since the class means are a start.
// Where clusters are the classes both are one sum, added up in another order.
constexpr double kOneAndRounding = 1 + 1e-13;

TEST(FitKMeans, IsNeverWorseThanTheClassMeans) {
  for (const double apart : {0.0, 1.0, 3.0, 30.0}) {
    for (const at::ScalarType type : {at::kDouble, at::kFloat}) {
      for (uint64_t seed = 0; seed < 4; ++seed) {
        const Labelled data = Random(400, 6, 5, apart, type, seed);
        const Moments moments = data.moments();
        const KMeans fit = FitTo(data);
        EXPECT_LE(fit.inertia, WithinVariance(moments) * kOneAndRounding)
            << apart << " " << seed;
        EXPECT_EQ(fit.starts.size(), 11);
      }
    }
  }
}

TEST(FitKMeans, IsNeverWorseThanTheClassMeansBeyondItsSample) {
  for (const double apart : {0.0, 3.0}) {
    const Labelled data =
        Random(2 * kKMeansSample + 7, 3, 4, apart, at::kFloat, 1);
    const Moments moments = data.moments();
    const KMeans fit = FitTo(data);
    EXPECT_LE(fit.inertia, WithinVariance(moments) * kOneAndRounding);
    EXPECT_EQ(fit.rows_seen, kKMeansSample);
  }
}

TEST(FitKMeans, FindsClustersThatLieApartWhateverTheLabels) {
  Labelled data = Random(300, 4, 3, 100, at::kFloat, 2);
  const double true_within = WithinVariance(data.moments());
  data.labels = at::arange(300, at::TensorOptions(at::kLong)).remainder(3);
  const KMeans fit = FitTo(data);
  EXPECT_NEAR(fit.inertia / true_within, 1, 1e-9);
  EXPECT_EQ(fit.degenerate, 0);
}

// Squares of fp32 numbers overflow above 2^64 and vanish below 2^-75.
TEST(FitKMeans, DoesNotDependOnTheUnit) {
  for (const int64_t n : {int64_t{300}, kKMeansSample + 100}) {
    for (const auto& [type, exponent] :
         {std::pair(at::kFloat, 90), std::pair(at::kFloat, -100),
          std::pair(at::kDouble, 400), std::pair(at::kDouble, -400)}) {
      const Labelled data = Random(n, 4, 3, 4, type, 7);
      Labelled other = data;
      const double unit = std::ldexp(1.0, exponent);
      other.features = data.features * unit;
      const KMeans want = FitTo(data);
      const KMeans got = FitTo(other);
      EXPECT_NEAR(got.inertia / unit / unit / want.inertia, 1, 1e-9)
          << exponent;
      EXPECT_EQ(got.degenerate, 0);
      for (size_t i = 0; i < want.starts.size(); ++i) {
        EXPECT_NEAR(got.starts[i].ratio / want.starts[i].ratio, 1, 1e-6) << i;
        EXPECT_NEAR(
            got.starts[i].inertia / unit / unit / want.starts[i].inertia, 1,
            1e-6)
            << i;
      }
      const Clusters clusters = Apply(got, other);
      EXPECT_NEAR(clusters.within / got.inertia, 1, 1e-9);
    }
  }
}

TEST(FitKMeans, GivesTheSameBytesTwice) {
  const Labelled data = Random(500, 5, 4, 2, at::kFloat, 3);
  const Moments moments = data.moments();
  const KMeans one = FitTo(data);
  const KMeans two = FitTo(data);
  EXPECT_EQ(one.centers.mean, two.centers.mean);
  EXPECT_EQ(one.inertia, two.inertia);
}

TEST(FitKMeans, ReportsThatThereAreFewerPointsThanClusters) {
  Labelled data = Random(60, 2, 3, 1, at::kDouble, 4);
  // Two distinct points, three classes.
  data.features = data.labels.eq(1).to(at::kDouble).unsqueeze(1).repeat({1, 2});
  const KMeans fit = FitTo(data);
  EXPECT_EQ(fit.inertia, 0);
  EXPECT_GT(fit.degenerate, 0);
}

TEST(FitKMeans, SaysThatAFeatureIsNotANumber) {
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    Labelled data = Random(50, 3, 2, 1, at::kDouble, 5);
    EXPECT_TRUE(FitTo(data).finite);
    data.features[7][1] = bad;
    EXPECT_FALSE(FitTo(data).finite);
  }
}

TEST(ApplyKMeans, MeasuresOtherRowsAroundTheSameCentres) {
  const Labelled data = Random(300, 4, 3, 100, at::kDouble, 6);
  const KMeans fit = FitTo(data);
  Labelled moved = data;
  moved.features = data.features + 0.5;
  const Clusters same = Apply(fit, data);
  const Clusters other = Apply(fit, moved);
  EXPECT_NEAR(same.within / fit.inertia, 1, 1e-12);
  // Each of four coordinates moved by 1/2.
  EXPECT_NEAR(other.within / (fit.inertia + 1), 1, 1e-9);
  EXPECT_EQ(same.between, other.between);
}

}  // namespace
}  // namespace nclab
