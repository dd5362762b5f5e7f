// The kit finds what is wrong with metrics that break a promise each.
#include "metrics/testing/metric_kit.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/metric.h"

namespace nclab {
namespace {

using testing::ElementsAre;

bool Register(const char* name, unsigned invariance, MetricFunction function) {
  return RegisterMetric({.name = name,
                         .summary = "of a test",
                         .reference = "none",
                         .formula = "f",
                         .statistics = {"class_moments"},
                         .invariance = invariance,
                         .undefined = "never"},
                        std::move(function), __FILE__, __LINE__);
}

const bool registered[] = {
    Register("says_too_much", kInvariantToAll,
             [](const Params&, const MetricInput& input) {
               return Defined(input.Of<Moments>().scatter[0]);
             }),
    Register("says_too_little", kInvariantToNothing,
             [](const Params&, const MetricInput&) { return Defined(1); }),
    Register(
        "is_silent", kInvariantToAll,
        [](const Params&, const MetricInput& input) {
          return MetricValue{BetweenVariance(input.Of<Moments>()) * 0 + 1, ""};
        }),
};

std::vector<std::string> Broken(const std::string& metric) {
  std::vector<std::string> names;
  for (const MetricPromise& promise : MetricPromises()) {
    if (!promise.check(metric).ok()) names.push_back(promise.name);
  }
  return names;
}

TEST(MetricKit, FindsAFalseDeclaration) {
  EXPECT_THAT(Broken("says_too_much"),
              ElementsAre("IsInvariantToWhatItDeclares",
                          "DoesNotDependOnTheNumberingOfClasses"));
}

TEST(MetricKit, FindsAMissingDeclaration) {
  EXPECT_THAT(Broken("says_too_little"),
              ElementsAre("ChangesUnderWhatItDoesNotDeclare"));
}

TEST(MetricKit, FindsANumberWithoutAReason) {
  EXPECT_THAT(Broken("is_silent"), ElementsAre("SaysWhyThereIsNoNumber"));
}

}  // namespace
}  // namespace nclab
