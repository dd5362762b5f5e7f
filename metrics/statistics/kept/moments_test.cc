#include "metrics/statistics/kept/moments.h"

#include <cmath>
#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

// Samples of `classes` classes, class c with c + 2 of them, and what a plain
// double loop over them says.
struct Samples {
  int64_t dim = 0;
  std::vector<int64_t> label;
  std::vector<double> h;  // [N, D]

  static Samples Random(int64_t classes, int64_t dim, double offset,
                        unsigned seed) {
    std::mt19937 engine(seed);
    std::normal_distribution<double> normal;
    Samples samples{dim, {}, {}};
    for (int64_t c = 0; c < classes; ++c) {
      for (int64_t i = 0; i < c + 2; ++i) {
        samples.label.push_back(c);
        for (int64_t d = 0; d < dim; ++d) {
          samples.h.push_back(offset + static_cast<double>(c) + normal(engine));
        }
      }
    }
    return samples;
  }

  Moments ToMoments(int64_t classes) const {
    Moments m{dim, std::vector<int64_t>(classes), {}, {}};
    m.mean.resize(classes * dim);
    m.scatter.resize(classes);
    for (size_t i = 0; i < label.size(); ++i) {
      ++m.count[label[i]];
      for (int64_t d = 0; d < dim; ++d) {
        m.mean[label[i] * dim + d] += h[i * dim + d];
      }
    }
    for (int64_t c = 0; c < classes; ++c) {
      for (int64_t d = 0; d < dim; ++d) {
        m.mean[c * dim + d] /= static_cast<double>(m.count[c]);
      }
    }
    for (size_t i = 0; i < label.size(); ++i) {
      m.scatter[label[i]] +=
          SquaredDistance(&h[i * dim], m.mean_of(label[i]), dim);
    }
    return m;
  }
};

TEST(Moments, CountOnlyTheClassesPresent) {
  const Moments m = {1, {3, 0, 5}, {1, 0, 4}, {0, 0, 0}};
  EXPECT_EQ(m.classes(), 3);
  EXPECT_EQ(m.present(), 2);
  EXPECT_EQ(m.total(), 8);
  EXPECT_THAT(GlobalMean(m), testing::ElementsAre(2.5));
  EXPECT_EQ(BetweenVariance(m), 2.25);
}

TEST(Moments, AverageScatterOverSamplesAndMeansOverClasses) {
  // Class 0: 0, 2 (mean 1); class 1: 10 three times.
  const Moments m = {1, {2, 3}, {1, 10}, {2, 0}};
  EXPECT_EQ(WithinVariance(m), 2.0 / 5);
  EXPECT_THAT(GlobalMean(m), testing::ElementsAre(5.5));
  EXPECT_EQ(BetweenVariance(m), 4.5 * 4.5);
}

TEST(Moments, AroundTheirOwnMeansAreTheWithinVariance) {
  const Moments m = Samples::Random(4, 6, 0, 1).ToMoments(4);
  EXPECT_EQ(WithinVarianceAround(m, m), WithinVariance(m));
}

TEST(Moments, AroundOtherMeansEqualTheSumOverSamples) {
  for (const double offset : {0.0, 100.0, 1e4}) {
    for (const unsigned seed : {1, 2, 3, 4, 5}) {
      const Samples now = Samples::Random(5, 8, offset, seed);
      const Moments anchor =
          Samples::Random(5, 8, offset + 3, seed + 100).ToMoments(5);
      long double sum = 0;
      for (size_t i = 0; i < now.label.size(); ++i) {
        for (int64_t d = 0; d < 8; ++d) {
          const long double z = static_cast<long double>(now.h[i * 8 + d]) -
                                anchor.mean_of(now.label[i])[d];
          sum += z * z;
        }
      }
      const double direct =
          static_cast<double>(sum / static_cast<long double>(now.label.size()));
      EXPECT_NEAR(WithinVarianceAround(now.ToMoments(5), anchor) / direct, 1,
                  1e-12)
          << offset << " " << seed;
    }
  }
}

TEST(Moments, AroundAnAnchorWithoutOneOfTheClassesAreNotANumber) {
  const Moments now = {1, {1, 1}, {0, 1}, {0, 0}};
  EXPECT_TRUE(std::isnan(
      WithinVarianceAround(now, Moments{1, {1, 0}, {0, 0}, {0, 0}})));
  EXPECT_TRUE(std::isnan(WithinVarianceAround(now, Moments{1, {1}, {0}, {0}})));
}

TEST(Moments, IgnoreAClassOfTheAnchorThatIsAbsentNow) {
  const Moments now = {1, {2, 0}, {1, 0}, {4, 0}};
  const Moments anchor = {1, {2, 5}, {2, 9}, {0, 0}};
  EXPECT_EQ(WithinVarianceAround(now, anchor), 2 + 1);
}

TEST(Moments, LoseNoDigitsToACommonOffset) {
  // Powers of two: every number here is exact.
  const double far = std::ldexp(1.0, 40);
  const Moments near = {1, {1, 1, 1, 1}, {1, 2, 3, 4}, {0, 0, 0, 0}};
  Moments moved = near;
  for (double& mean : moved.mean) mean += far;
  EXPECT_EQ(BetweenVariance(moved), BetweenVariance(near));
}

TEST(Moments, CoincideWhereTheyDifferByRoundingOnly) {
  // The same three numbers in two orders.
  const double a = (0.1 + 0.2) + 0.7, b = (0.7 + 0.2) + 0.1;
  ASSERT_NE(a, b);
  const Moments m = {1, {3, 3}, {a / 3, b / 3}, {0.2, 0.2}};
  EXPECT_EQ(BetweenVariance(m), 0);
  // A difference of a few hundred units is data.
  const Moments apart = {1, {3, 3}, {1, 1 + 0x1p-44}, {0, 0}};
  EXPECT_EQ(BetweenVariance(apart), 0x1p-90);
}

TEST(Moments, OfFarFeaturesHaveMoreRounding) {
  const Moments near = {1, {1, 1}, {0, 1e-13}, {0, 0}};
  const Moments far = {1, {1, 1}, {1e4, 1e4 + 2e-12}, {0, 0}};
  EXPECT_GT(BetweenVariance(near), 0);
  EXPECT_EQ(BetweenVariance(far), 0);
  EXPECT_LT(MeansRounding(near), MeansRounding(far));
}

}  // namespace
}  // namespace nclab
