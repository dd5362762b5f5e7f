#include "experiments/report/claims/claims.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "experiments/report/claims/interval.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

// Sums on a grid, so that rounding does not tell equal ones apart.
constexpr double kGrid = 1e-9;
int64_t OnGrid(double value) { return std::llround(value / kGrid); }

// Outcomes and how often they come, relative.
using Distribution = std::map<int64_t, double>;

// The sum of two independent draws. Nothing if there would be too many values.
std::optional<Distribution> Convolve(const Distribution& a,
                                     const Distribution& b) {
  constexpr size_t kMost = 10'000'000;
  if (a.size() * b.size() > kMost) return std::nullopt;
  Distribution sum;
  for (const auto& [x, p] : a) {
    for (const auto& [y, q] : b) sum[x + y] += p * q;
  }
  return sum;
}

// See Judgement::p_value.
struct ExactTest {
  std::optional<double> p_value;
  std::string method;
};

ExactTest TestOf(const ClaimStatistic& statistic,
                 const std::map<int64_t, SeedRows>& rows_by_seed,
                 const std::map<int64_t, double>& effects) {
  std::vector<std::vector<double>> outcomes;  // of each seed
  size_t most = 0;
  for (const auto& [seed, effect] : effects) {
    outcomes.push_back(statistic.ArrangementsOf(rows_by_seed.at(seed)));
    most = std::max(most, outcomes.back().size());
    if (outcomes.back().empty()) {
      outcomes.clear();
      break;
    }
  }
  ExactTest test;
  if (!outcomes.empty()) {
    test.method =
        absl::StrCat("exact permutation test: ", most, " pairings a seed");
  } else {
    test.method = "exact sign-flip test over seeds";
    for (const auto& [seed, effect] : effects) {
      outcomes.push_back({effect, -effect});
    }
  }
  Distribution sums = {{0, 1.0}};
  for (const std::vector<double>& one : outcomes) {
    Distribution distribution;
    for (const double effect : one) {
      distribution[OnGrid(effect)] += 1.0 / static_cast<double>(one.size());
    }
    const std::optional<Distribution> next = Convolve(sums, distribution);
    if (!next) return test;
    sums = *next;
  }
  int64_t observed = 0;
  for (const auto& [seed, effect] : effects) observed += OnGrid(effect);
  double p = 0;
  for (const auto& [sum, probability] : sums) {
    if (sum >= observed) p += probability;
  }
  test.p_value = std::min(p, 1.0);
  return test;
}

// What a cell's run lacks of `needs`, in words; "" if nothing.
std::string Lacks(const std::string& cell, const Needs& needs,
                  const SeedRows& seed) {
  std::vector<std::string> lacks;
  for (const Need& need : needs) {
    const Result result = need.of(cell).In({seed});
    if (result.lack == Lack::kDiverged) return "it diverged";
    if (result.lack > Lack::kDiverged) return "";  // it was not run
    if (result.lack == Lack::kUndefined) {
      lacks.push_back(need.name + " not measured");
    } else if (need.at_least ? result.value < need.limit
                             : result.value > need.limit) {
      lacks.push_back(absl::StrFormat("%s %.3g", need.name, result.value));
    }
  }
  return absl::StrJoin(lacks, ", ");
}

// Why the runs of `claim` cannot be compared, naming each that is to blame; ""
// if they can.
std::string NotComparable(const Claim& claim,
                          const std::map<int64_t, SeedRows>& rows_by_seed) {
  std::vector<std::string> wanted, who;
  for (const Need& need : claim.needs) wanted.push_back(need.words);
  for (const std::string& cell : claim.statistic.cells()) {
    for (const auto& [seed, cells] : rows_by_seed) {
      const std::string lacks = Lacks(cell, claim.needs, cells);
      if (lacks.empty()) continue;
      who.push_back(absl::StrCat(cell, " seed ", seed, " (", lacks, ")"));
    }
  }
  if (who.empty()) return "";
  return absl::StrCat("needs ", absl::StrJoin(wanted, " and "),
                      "; not reached by ", absl::StrJoin(who, ", "));
}

// Whether a run that the claim looks at is planned, and neither there nor known
// to have diverged.
bool LacksRun(const Claim& claim, const SeedRows& seed) {
  return std::any_of(claim.statistic.cells().begin(),
                     claim.statistic.cells().end(),
                     [&](const std::string& cell) {
                       const auto run = seed.find(cell);
                       return run != seed.end() && run->second.rows.empty() &&
                              !run->second.diverged;
                     });
}

// The runs that the claim looks at and that diverged; "" if none did.
std::string Diverged(const Claim& claim,
                     const std::map<int64_t, SeedRows>& rows_by_seed) {
  std::vector<std::string> who;
  for (const std::string& cell : claim.statistic.cells()) {
    for (const auto& [seed, cells] : rows_by_seed) {
      const auto run = cells.find(cell);
      if (run != cells.end() && run->second.diverged) {
        who.push_back(absl::StrCat(cell, " seed ", seed));
      }
    }
  }
  return absl::StrJoin(who, ", ");
}

}  // namespace

const char* VerdictName(Verdict verdict) {
  switch (verdict) {
    case Verdict::kReproduced:
      return "reproduced";
    case Verdict::kTrendOnly:
      return "trend only";
    case Verdict::kNotReproduced:
      return "not reproduced";
    case Verdict::kNotComparable:
      return "not comparable";
    case Verdict::kNotRun:
      return "not run";
  }
  return "";
}

Verdict VerdictOf(const std::string& name) {
  for (const Verdict verdict :
       {Verdict::kReproduced, Verdict::kTrendOnly, Verdict::kNotReproduced,
        Verdict::kNotComparable}) {
    if (name == VerdictName(verdict)) return verdict;
  }
  return Verdict::kNotRun;
}

Judgement Judge(const Claim& claim,
                const std::map<int64_t, SeedRows>& rows_by_seed,
                const std::string& departure) {
  Judgement judgement;
  judgement.id = claim.id;
  judgement.text = claim.text;
  judgement.effect = claim.effect;
  std::vector<double> effects;
  std::vector<int64_t> missing;
  bool all_ran = true;
  for (const auto& [seed, rows] : rows_by_seed) {
    const std::optional<double> effect = claim.statistic(rows);
    if (effect) {
      judgement.per_seed[seed] = *effect;
      effects.push_back(*effect);
    } else {
      missing.push_back(seed);
    }
    all_ran = all_ran && !LacksRun(claim, rows);
  }
  if (missing.empty() && !effects.empty()) judgement.value = Mean(effects);
  const std::string not_comparable = NotComparable(claim, rows_by_seed);
  if (all_ran && !not_comparable.empty()) {
    judgement.verdict = Verdict::kNotComparable;
    judgement.why = not_comparable;
    return judgement;
  }
  if (const std::string diverged = Diverged(claim, rows_by_seed);
      all_ran && !missing.empty() && !diverged.empty()) {
    judgement.verdict = Verdict::kNotComparable;
    judgement.why = absl::StrCat("no number: diverged: ", diverged);
    return judgement;
  }
  if (!judgement.value) {
    judgement.why =
        missing.empty()
            ? "no seed was asked for"
            : absl::StrCat("a number that it needs is missing for seeds: ",
                           absl::StrJoin(missing, ", "));
    return judgement;
  }
  const bool distance = claim.statistic.is_distance();
  judgement.interval = StudentInterval95(effects);
  if (judgement.interval) {
    auto& [low, high] = *judgement.interval;
    low = std::max(low, distance ? 0 : -claim.statistic.most());
    high = std::min(high, claim.statistic.most());
  }
  if (!distance) {
    ExactTest test = TestOf(claim.statistic, rows_by_seed, judgement.per_seed);
    judgement.p_value = test.p_value;
    judgement.method = std::move(test.method);
  }
  const auto positive =
      std::count_if(effects.begin(), effects.end(),
                    [&](double e) { return distance ? e == 0 : e > 0; });
  judgement.why = absl::StrCat("holds in ", positive, " of ", effects.size(),
                               effects.size() == 1 ? " seed" : " seeds");
  if (distance ? *judgement.value > 0 : *judgement.value <= 0) {
    judgement.verdict = Verdict::kNotReproduced;
    return judgement;
  }
  const bool everywhere = positive == static_cast<int64_t>(effects.size());
  if (everywhere && effects.size() >= kMinSeeds && departure.empty()) {
    judgement.verdict = Verdict::kReproduced;
    return judgement;
  }
  judgement.verdict = Verdict::kTrendOnly;
  if (effects.size() < kMinSeeds) {
    absl::StrAppend(&judgement.why, "; fewer than ", kMinSeeds, " seeds");
  }
  if (!departure.empty()) absl::StrAppend(&judgement.why, "; ", departure);
  return judgement;
}

std::string VerdictLines(const std::vector<Judgement>& judgements) {
  std::string lines;
  for (const Judgement& j : judgements) {
    absl::StrAppendFormat(&lines, "%-15s %s (%s)\n", VerdictName(j.verdict),
                          j.text, j.why);
  }
  return lines;
}

std::string ToJson(const std::vector<Judgement>& judgements) {
  using Json = nlohmann::ordered_json;
  const auto number = [](const std::optional<double>& value) {
    return value ? Json(*value) : Json();
  };
  Json json = Json::array();
  for (const Judgement& j : judgements) {
    Json seeds = Json::object();
    for (const auto& [seed, value] : j.per_seed) {
      seeds[absl::StrCat(seed)] = value;
    }
    json.push_back(
        {{"id", j.id},
         {"text", j.text},
         {"verdict", VerdictName(j.verdict)},
         {"value", number(j.value)},
         {"interval_95",
          j.interval ? Json::array({j.interval->first, j.interval->second})
                     : Json()},
         {"per_seed", seeds},
         {"effect", j.effect},
         {"p_value", number(j.p_value)},
         {"method", j.method},
         {"why", j.why}});
  }
  return json.dump(2) + "\n";
}

}  // namespace nclab
