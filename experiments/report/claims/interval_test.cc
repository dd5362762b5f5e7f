#include "experiments/report/claims/interval.h"

#include <cmath>

#include "gtest/gtest.h"

namespace nclab {
namespace {

// Student's density integrated by Simpson's rule: the probability of |t| < q.
double Coverage(double degrees, double q) {
  const double scale =
      std::exp(std::lgamma((degrees + 1) / 2) - std::lgamma(degrees / 2)) /
      std::sqrt(degrees * M_PI);
  const auto density = [&](double t) {
    return scale * std::pow(1 + t * t / degrees, -(degrees + 1) / 2);
  };
  constexpr int kPieces = 20000;
  const double h = 2 * q / kPieces;
  double sum = density(-q) + density(q);
  for (int i = 1; i < kPieces; ++i) {
    sum += density(-q + i * h) * (i % 2 == 1 ? 4 : 2);
  }
  return sum * h / 3;
}

TEST(StudentQuantile95, CoversNinetyFivePercentOfStudentsDistribution) {
  for (const int degrees : {1, 2, 3, 7, 15, 29, 30, 31, 50, 1000}) {
    EXPECT_NEAR(Coverage(degrees, StudentQuantile95(degrees)), 0.95, 1e-5)
        << degrees << " degrees of freedom";
  }
}

TEST(StudentInterval95, IsSymmetricAroundTheMean) {
  const auto interval = StudentInterval95({1, 2, 3});
  ASSERT_TRUE(interval.has_value());
  // s = 1, n = 3.
  EXPECT_NEAR(interval->second - 2, 4.3027 / std::sqrt(3.0), 1e-12);
  EXPECT_NEAR(interval->first + interval->second, 4, 1e-12);
  EXPECT_DOUBLE_EQ(Mean({1, 2, 3}), 2);
}

TEST(StudentInterval95, NeedsTwoValues) {
  EXPECT_FALSE(StudentInterval95({1}).has_value());
  EXPECT_FALSE(StudentInterval95({}).has_value());
}

}  // namespace
}  // namespace nclab
