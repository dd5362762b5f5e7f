#include "experiments/report/claims.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "nlohmann/json.hpp"

namespace nclab {
namespace {

// See Judgement::p_value. Enumerates up to 20 seeds; beyond that the answer is
// left out rather than approximated.
std::optional<double> SignFlipTest(const std::vector<double>& effects) {
  const size_t n = effects.size();
  if (n == 0 || n > 20) return std::nullopt;
  double observed = 0;
  for (const double e : effects) observed += e;
  int64_t as_large = 0;
  for (uint32_t signs = 0; signs < (1u << n); ++signs) {
    double sum = 0;
    for (size_t i = 0; i < n; ++i) {
      sum += (signs >> i) & 1 ? -effects[i] : effects[i];
    }
    // The identity assignment must count in spite of rounding.
    as_large += sum >= observed - 1e-12 * std::abs(observed);
  }
  return static_cast<double>(as_large) / static_cast<double>(1u << n);
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
    case Verdict::kNotRun:
      return "not run";
  }
  return "";
}

Judgement Judge(const Claim& claim,
                const std::map<int64_t, SeedRows>& rows_by_seed,
                bool as_in_paper) {
  Judgement judgement;
  judgement.id = claim.id;
  judgement.text = claim.text;
  judgement.effect = claim.effect;
  std::vector<double> effects;
  std::string missing;
  for (const auto& [seed, rows] : rows_by_seed) {
    const std::optional<double> effect = claim.statistic(rows);
    if (effect) {
      judgement.per_seed[seed] = *effect;
      effects.push_back(*effect);
    } else {
      absl::StrAppend(&missing, missing.empty() ? "" : ", ", seed);
    }
  }
  if (effects.empty() || !missing.empty()) {
    judgement.why =
        missing.empty()
            ? "no seed was asked for"
            : absl::StrCat("a number that it needs is missing for seeds: ",
                           missing);
    return judgement;
  }
  double sum = 0;
  for (const double e : effects) sum += e;
  judgement.value = sum / static_cast<double>(effects.size());
  judgement.p_value = SignFlipTest(effects);
  const auto positive = std::count_if(effects.begin(), effects.end(),
                                      [](double e) { return e > 0; });
  judgement.why = absl::StrCat("holds in ", positive, " of ", effects.size(),
                               effects.size() == 1 ? " seed" : " seeds");
  if (*judgement.value <= 0) {
    judgement.verdict = Verdict::kNotReproduced;
    return judgement;
  }
  const bool everywhere = positive == static_cast<int64_t>(effects.size());
  if (everywhere && effects.size() >= kMinSeeds && as_in_paper) {
    judgement.verdict = Verdict::kReproduced;
    return judgement;
  }
  judgement.verdict = Verdict::kTrendOnly;
  if (effects.size() < kMinSeeds) {
    absl::StrAppend(&judgement.why, "; fewer than ", kMinSeeds, " seeds");
  }
  if (!as_in_paper) {
    absl::StrAppend(&judgement.why, "; not at the paper's settings");
  }
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
    json.push_back({{"id", j.id},
                    {"text", j.text},
                    {"verdict", VerdictName(j.verdict)},
                    {"value", number(j.value)},
                    {"per_seed", seeds},
                    {"effect", j.effect},
                    {"p_value", number(j.p_value)},
                    {"why", j.why}});
  }
  return json.dump(2) + "\n";
}

}  // namespace nclab
