#include "experiments/recipes/schedule.h"

#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(LearningRate, FallsAsACosineOverTheFullLength) {
  const auto rate = [](int64_t step) {
    return LearningRate("cosine", 0.4, step, 300);
  };
  EXPECT_EQ(rate(0), 0.4);
  EXPECT_NEAR(rate(100), 0.3, 1e-15);  // cos 60 = 1/2
  EXPECT_NEAR(rate(150), 0.2, 1e-15);
  EXPECT_NEAR(rate(200), 0.1, 1e-15);
  EXPECT_NEAR(rate(300), 0, 1e-15);
  for (int64_t step = 0; step < 300; ++step) {
    EXPECT_GT(rate(step), rate(step + 1));
  }
}

TEST(LearningRate, StaysWhereItIsConstant) {
  EXPECT_EQ(LearningRate("constant", 0.4, 299, 300), 0.4);
}

}  // namespace
}  // namespace nclab
