#include "experiments/report/claims/claims.h"

#include <cmath>

#include "experiments/statistics.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

// A claim whose effect for a seed is the value of its first row.
Claim FirstValue() {
  return {"c", "text", "effect",
          Number({"cell"}, [](const Scope& scope) -> Result {
            const auto run = scope.seed.find("cell");
            if (run == scope.seed.end() || run->second.rows.empty()) {
              return {0, Lack::kNotRun};
            }
            return {run->second.rows[0].value};
          })};
}

std::map<int64_t, SeedRows> Seeds(const std::vector<double>& effects) {
  std::map<int64_t, SeedRows> seeds;
  for (size_t i = 0; i < effects.size(); ++i) {
    MetricRow row;
    row.value = effects[i];
    seeds[static_cast<int64_t>(i)]["cell"].rows = {row};
  }
  return seeds;
}

// Where the runs are the paper's, and where not.
constexpr char kAsInPaper[] = "";
constexpr char kReduced[] = "not at the paper's settings";

Verdict Judged(const std::vector<double>& effects, const char* departure) {
  return Judge(FirstValue(), Seeds(effects), departure).verdict;
}

TEST(Judge, ReproducesOnlyAtThePapersSettingsWithThreeAgreeingSeeds) {
  EXPECT_EQ(Judged({0.1, 0.2, 0.3}, kAsInPaper), Verdict::kReproduced);
  EXPECT_EQ(Judged({0.1, 0.2, 0.3}, kReduced), Verdict::kTrendOnly);
  EXPECT_EQ(Judged({0.1, 0.2}, kAsInPaper), Verdict::kTrendOnly);
  EXPECT_EQ(Judged({0.1, 0.2, -0.1}, kAsInPaper), Verdict::kTrendOnly);
}

TEST(Judge, DoesNotReproduceWithoutAPositiveMean) {
  EXPECT_EQ(Judged({0.1, 0.1, -0.3}, kAsInPaper), Verdict::kNotReproduced);
  EXPECT_EQ(Judged({0, 0, 0}, kAsInPaper), Verdict::kNotReproduced);
}

TEST(Judge, IsNotRunWhereASeedIsMissing) {
  std::map<int64_t, SeedRows> seeds = Seeds({0.1, 0.2, 0.3});
  seeds[7] = {};
  const Judgement judgement = Judge(FirstValue(), seeds, kAsInPaper);
  EXPECT_EQ(judgement.verdict, Verdict::kNotRun);
  EXPECT_FALSE(judgement.value.has_value());
  EXPECT_NE(judgement.why.find("7"), std::string::npos);
  EXPECT_EQ(Judge(FirstValue(), {}, kAsInPaper).verdict, Verdict::kNotRun);
}

TEST(Judge, GivesTheExactSignFlipProbability) {
  // Three positive effects: only the identity reaches their sum.
  EXPECT_DOUBLE_EQ(*Judge(FirstValue(), Seeds({1, 2, 4}), kAsInPaper).p_value,
                   0.125);
  // {3, -1}: sums 2, 4, -4, -2; two of four are at least 2.
  EXPECT_DOUBLE_EQ(*Judge(FirstValue(), Seeds({3, -1}), kAsInPaper).p_value,
                   0.5);
}

TEST(Judge, SaysInWhatTheRunsAreNotThePapers) {
  const Judgement judgement = Judge(FirstValue(), Seeds({1, 2, 3}), kReduced);
  EXPECT_NE(judgement.why.find(kReduced), std::string::npos);
}

TEST(Judge, GivesStudentsIntervalOfTheMeanEffect) {
  const Judgement judgement = Judge(FirstValue(), Seeds({1, 2, 3}), kAsInPaper);
  ASSERT_TRUE(judgement.interval.has_value());
  EXPECT_NEAR(judgement.interval->first, 2 - 4.3027 / std::sqrt(3.0), 1e-12);
  EXPECT_FALSE(
      Judge(FirstValue(), Seeds({1}), kAsInPaper).interval.has_value());
}

// Runs of "cell" and "other", whose effects are 1 and which end with this loss
// and accuracy on the training split.
SeedRows EndingWith(double loss, double accuracy) {
  const RunRows run = {{{0, "train", "", "effect", "", 1},
                        {0, "train", "", "loss", "", 0},  // not the end
                        {0, "train", "", "accuracy", "", 1},
                        {9, "test", "", "loss", "", 100},
                        {9, "train", "", "loss", "", loss},
                        {9, "train", "", "accuracy", "", accuracy}}};
  return {{"cell", run}, {"other", run}};
}

// A claim about both cells.
Claim OfTrainedRuns(const Needs& needs) {
  Claim claim = FirstValue();
  claim.statistic = Number(
      {"cell", "other"}, [statistic = claim.statistic](const Scope& scope) {
        const auto effect = statistic(scope.seed);
        return effect ? Result{*effect} : Result{0, Lack::kNotRun};
      });
  claim.needs = needs;
  return claim;
}

TEST(Judge, ComparesOnlyRunsThatReachedTheStatedTraining) {
  const Claim claim = OfTrainedRuns(TrainedTo(1e-5, 0.0));
  std::map<int64_t, SeedRows> seeds;
  for (const int64_t seed : {0, 1, 2}) seeds[seed] = EndingWith(1e-5, 1);
  EXPECT_EQ(Judge(claim, seeds, kAsInPaper).verdict, Verdict::kReproduced);

  seeds[1]["other"] = EndingWith(2e-5, 1)["other"];
  seeds[2]["cell"] = EndingWith(1e-6, 0.75)["cell"];
  const Judgement judgement = Judge(claim, seeds, kAsInPaper);
  EXPECT_EQ(judgement.verdict, Verdict::kNotComparable);
  EXPECT_EQ(judgement.why,
            "needs a train loss of at most 1e-05 and a train error of at most "
            "0; not reached by cell seed 2 (error 0.25), other seed 1 (loss "
            "2e-05)");
  // What was measured is shown; nothing is inferred from it.
  EXPECT_EQ(judgement.value, 1);
  EXPECT_EQ(judgement.per_seed.size(), 3u);
  EXPECT_FALSE(judgement.p_value.has_value());
  EXPECT_FALSE(judgement.interval.has_value());
  // Without conditions, and under weaker ones, the same runs are compared.
  EXPECT_EQ(Judge(OfTrainedRuns({}), seeds, kAsInPaper).verdict,
            Verdict::kReproduced);
  EXPECT_EQ(
      Judge(OfTrainedRuns(TrainedTo(2e-5, 0.25)), seeds, kAsInPaper).verdict,
      Verdict::kReproduced);
}

TEST(Judge, TakesAnyNumberForACondition) {
  const Need right = {[](const std::string& cell) {
                        return At(cell, {"accuracy", "train", "", ""});
                      },
                      0.5, "accuracy", "a train accuracy of at least 0.5",
                      /*at_least=*/true};
  std::map<int64_t, SeedRows> seeds = {{0, EndingWith(1, 0.75)}};
  EXPECT_EQ(Judge(OfTrainedRuns({right}), seeds, kAsInPaper).verdict,
            Verdict::kTrendOnly);
  seeds[0] = EndingWith(1, 0.25);
  EXPECT_EQ(Judge(OfTrainedRuns({right}), seeds, kAsInPaper).why,
            "needs a train accuracy of at least 0.5; not reached by cell seed "
            "0 (accuracy 0.25), other seed 0 (accuracy 0.25)");
}

TEST(Judge, HoldsWhereADistanceIsZero) {
  Claim claim = FirstValue();
  claim.statistic =
      ClaimStatistic::Distance(Number({"cell"}, [](const Scope& scope) {
        return Result{scope.seed.at("cell").rows[0].value};
      }));
  const auto judge = [&](const std::vector<double>& distances) {
    return Judge(claim, Seeds(distances), kAsInPaper);
  };
  EXPECT_EQ(judge({0, 0, 0}).verdict, Verdict::kReproduced);
  EXPECT_EQ(judge({0, 0}).verdict, Verdict::kTrendOnly);
  const Judgement outside = judge({0, 0, 0.5});
  EXPECT_EQ(outside.verdict, Verdict::kNotReproduced);
  EXPECT_EQ(outside.why, "holds in 2 of 3 seeds");
  EXPECT_FALSE(outside.p_value.has_value());
  EXPECT_GE(outside.interval->first, 0);
}

TEST(Judge, ComparesNothingWhereTheTrainingIsNotKnown) {
  std::map<int64_t, SeedRows> seeds = {{0, EndingWith(NAN, 1)}};
  EXPECT_EQ(Judge(OfTrainedRuns(TrainedTo(1e-5)), seeds, kAsInPaper).why,
            "needs a train loss of at most 1e-05; not reached by cell seed 0 "
            "(loss not measured), other seed 0 (loss not measured)");
}

TEST(Judge, TellsARunThatDivergedFromOneThatIsMissing) {
  const Claim claim = OfTrainedRuns(TrainedTo(1e-5));
  std::map<int64_t, SeedRows> seeds = {{0, EndingWith(1e-6, 1)}};
  seeds[0]["cell"] = {{}, 1, /*diverged=*/true};
  const Judgement judgement = Judge(claim, seeds, kAsInPaper);
  EXPECT_EQ(judgement.verdict, Verdict::kNotComparable);
  EXPECT_NE(judgement.why.find("cell seed 0 (it diverged)"), std::string::npos);
  EXPECT_FALSE(judgement.value.has_value());
  const Judgement without = Judge(OfTrainedRuns({}), seeds, kAsInPaper);
  EXPECT_EQ(without.verdict, Verdict::kNotComparable);
  EXPECT_EQ(without.why, "no number: diverged: cell seed 0");
  seeds[0]["cell"] = {};
  EXPECT_EQ(Judge(claim, seeds, kAsInPaper).verdict, Verdict::kNotRun);
  // Cells that the plan left out have no training to reach.
  seeds[0] = EndingWith(1e-6, 1);
  seeds[0].erase("other");
  EXPECT_EQ(Judge(claim, seeds, kAsInPaper).verdict, Verdict::kTrendOnly);
}

// The rows of a cell: TrainVariance x, StrongTestVariance y, at one step.
void AddPair(SeedRows& seed, const std::string& cell, double x, double y) {
  seed[cell].rows = {{0, "train", "features", "variance_ratio", "final", x},
                     {0, "test", "features", "variance_ratio", "final", y}};
}

Claim PairsClaim() {
  std::vector<Number> x, y;
  for (const char* cell : {"a", "b", "c"}) {
    x.push_back(At(cell, TrainVariance()));
    y.push_back(At(cell, StrongTestVariance()));
  }
  return {"c", "text", "effect", RankCorrelation(x, y, +1)};
}

TEST(Judge, PermutesThePairsOfACorrelationExactly) {
  std::map<int64_t, SeedRows> seeds;
  for (const int64_t seed : {0, 1}) {
    AddPair(seeds[seed], "a", 1, 10);
    AddPair(seeds[seed], "b", 2, 20);
    AddPair(seeds[seed], "c", 3, 30);
  }
  // One of six pairings in each of two seeds is as good.
  const Judgement perfect = Judge(PairsClaim(), seeds, kAsInPaper);
  EXPECT_DOUBLE_EQ(*perfect.value, 1);
  EXPECT_NEAR(*perfect.p_value, 1.0 / 36, 1e-12);
  EXPECT_EQ(perfect.method, "exact permutation test: 6 pairings a seed");
  // Correlations of three pairs are 1, 0.5 (twice), -0.5 (twice), -1. A sum of
  // at least 1.5 comes from (1, 1), (1, 0.5) and (0.5, 1): 1 + 2 + 2 of 36.
  AddPair(seeds[1], "b", 2, 40);
  const Judgement less = Judge(PairsClaim(), seeds, kAsInPaper);
  EXPECT_DOUBLE_EQ(*less.value, 0.75);
  EXPECT_NEAR(*less.p_value, 5.0 / 36, 1e-12);
  // No correlation is above 1.
  EXPECT_EQ(less.interval->second, 1);
}

TEST(Judge, IsNotRunWhereOneCellOfOneSeedHasNoRows) {
  std::map<int64_t, SeedRows> seeds;
  for (const int64_t seed : {0, 1}) {
    AddPair(seeds[seed], "a", 1, 10);
    AddPair(seeds[seed], "b", 2, 20);
    AddPair(seeds[seed], "c", 3, 30);
    AddPair(seeds[seed], "d", 4, 40);
  }
  std::vector<Number> x, y;
  for (const char* cell : {"a", "b", "c", "d"}) {
    x.push_back(At(cell, TrainVariance()));
    y.push_back(At(cell, StrongTestVariance()));
  }
  const Claim claim = {"c", "text", "effect", RankCorrelation(x, y, +1)};
  EXPECT_EQ(Judge(claim, seeds, kReduced).verdict, Verdict::kTrendOnly);
  // Three points would be enough for a correlation, but one was planned more.
  seeds[1]["d"] = {};
  const Judgement judgement = Judge(claim, seeds, kReduced);
  EXPECT_EQ(judgement.verdict, Verdict::kNotRun);
  EXPECT_FALSE(judgement.value.has_value());
  EXPECT_FALSE(judgement.p_value.has_value());
  EXPECT_NE(judgement.why.find("1"), std::string::npos);
}

TEST(ClaimsJson, HasTheContractsKeys) {
  const auto json = nlohmann::json::parse(ToJson(
      std::vector<Judgement>{Judge(FirstValue(), Seeds({1}), kAsInPaper)}));
  ASSERT_EQ(json.size(), 1u);
  EXPECT_EQ(json[0]["verdict"], "trend only");
  EXPECT_EQ(json[0]["value"], 1.0);
  EXPECT_EQ(json[0]["per_seed"]["0"], 1.0);
  EXPECT_TRUE(json[0].contains("id") && json[0].contains("text"));
  EXPECT_TRUE(json[0]["interval_95"].is_null());  // one seed has none
  EXPECT_EQ(json[0]["method"], "exact sign-flip test over seeds");
}

}  // namespace
}  // namespace nclab
