#include "experiments/report/claims.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

// A claim whose effect for a seed is the value of its first row.
Claim FirstValue() {
  return {"c", "text", "effect", [](const SeedRows& rows) {
            const auto it = rows.find("cell");
            return it == rows.end()
                       ? std::nullopt
                       : std::optional<double>(it->second[0].value);
          }};
}

std::map<int64_t, SeedRows> Seeds(const std::vector<double>& effects) {
  std::map<int64_t, SeedRows> seeds;
  for (size_t i = 0; i < effects.size(); ++i) {
    MetricRow row;
    row.value = effects[i];
    seeds[static_cast<int64_t>(i)]["cell"] = {row};
  }
  return seeds;
}

Verdict VerdictOf(const std::vector<double>& effects, bool as_in_paper) {
  return Judge(FirstValue(), Seeds(effects), as_in_paper).verdict;
}

TEST(Judge, ReproducesOnlyAtThePapersSettingsWithThreeAgreeingSeeds) {
  EXPECT_EQ(VerdictOf({0.1, 0.2, 0.3}, true), Verdict::kReproduced);
  EXPECT_EQ(VerdictOf({0.1, 0.2, 0.3}, false), Verdict::kTrendOnly);
  EXPECT_EQ(VerdictOf({0.1, 0.2}, true), Verdict::kTrendOnly);
  EXPECT_EQ(VerdictOf({0.1, 0.2, -0.1}, true), Verdict::kTrendOnly);
}

TEST(Judge, DoesNotReproduceWithoutAPositiveMean) {
  EXPECT_EQ(VerdictOf({0.1, 0.1, -0.3}, true), Verdict::kNotReproduced);
  EXPECT_EQ(VerdictOf({0, 0, 0}, true), Verdict::kNotReproduced);
}

TEST(Judge, IsNotRunWhereASeedIsMissing) {
  std::map<int64_t, SeedRows> seeds = Seeds({0.1, 0.2, 0.3});
  seeds[7] = {};
  const Judgement judgement = Judge(FirstValue(), seeds, true);
  EXPECT_EQ(judgement.verdict, Verdict::kNotRun);
  EXPECT_FALSE(judgement.value.has_value());
  EXPECT_NE(judgement.why.find("7"), std::string::npos);
  EXPECT_EQ(Judge(FirstValue(), {}, true).verdict, Verdict::kNotRun);
}

TEST(Judge, GivesTheExactSignFlipProbability) {
  // Three positive effects: only the identity reaches their sum.
  EXPECT_DOUBLE_EQ(*Judge(FirstValue(), Seeds({1, 2, 4}), true).p_value, 0.125);
  // {3, -1}: sums 2, 4, -4, -2; two of four are at least 2.
  EXPECT_DOUBLE_EQ(*Judge(FirstValue(), Seeds({3, -1}), true).p_value, 0.5);
}

TEST(ClaimsJson, HasTheContractsKeys) {
  const auto json = nlohmann::json::parse(
      ToJson(std::vector<Judgement>{Judge(FirstValue(), Seeds({1}), true)}));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["verdict"], "trend only");
  EXPECT_EQ(json[0]["value"], 1.0);
  EXPECT_EQ(json[0]["per_seed"]["0"], 1.0);
  EXPECT_TRUE(json[0].contains("id") && json[0].contains("text"));
}

}  // namespace
}  // namespace nclab
