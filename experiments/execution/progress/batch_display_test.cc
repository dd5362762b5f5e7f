#include "experiments/execution/progress/batch_display.h"

#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(TimeLeft, IsUnknownBeforeTheFirstRate) {
  EXPECT_EQ(TimeLeft({{"a", 100}}, {}, 1), std::nullopt);
}

TEST(TimeLeft, DividesTheWorkAmongTheSlots) {
  const std::map<std::string, double> rates = {{"a", 10}, {"b", 1}};
  // 10 s + 10 s + 40 s.
  const std::vector<WorkLeft> work = {{"a", 100}, {"a", 100}, {"b", 40}};
  EXPECT_EQ(TimeLeft(work, rates, 1), absl::Seconds(60));
}

TEST(TimeLeft, IsNoShorterThanTheLongestRun) {
  const std::map<std::string, double> rates = {{"a", 10}, {"b", 1}};
  const std::vector<WorkLeft> work = {{"a", 100}, {"a", 100}, {"b", 40}};
  EXPECT_EQ(TimeLeft(work, rates, 8), absl::Seconds(40));
}

TEST(TimeLeft, TakesTheMeanWhereARateIsNotKnown) {
  const std::map<std::string, double> rates = {{"a", 2}, {"b", 0.5}};
  EXPECT_EQ(TimeLeft({{"c", 4}}, rates, 1), absl::Seconds(5));
}

}  // namespace
}  // namespace nclab
