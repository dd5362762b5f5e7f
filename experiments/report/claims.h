// Claims -> verdicts.
#ifndef NCLAB_EXPERIMENTS_REPORT_CLAIMS_H_
#define NCLAB_EXPERIMENTS_REPORT_CLAIMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace nclab {

enum class Verdict { kReproduced, kTrendOnly, kNotReproduced, kNotRun };
const char* VerdictName(Verdict verdict);  // "reproduced", "trend only", ...

struct Judgement {
  std::string id;
  std::string text;
  std::string effect;
  Verdict verdict = Verdict::kNotRun;
  std::optional<double> value;         // mean effect over the seeds
  std::map<int64_t, double> per_seed;  // those that have a number
  // One-sided exact sign-flip test of a positive mean: the share of the 2^n
  // sign assignments whose mean is at least the observed one.
  std::optional<double> p_value;
  std::string why;  // one sentence: what the verdict rests on
};

// The least number of seeds behind "reproduced".
inline constexpr size_t kMinSeeds = 3;

// Judges over the seeds asked for.
//   not run         no seed has every number that the claim needs, or one of
//                   the seeds asked for is missing
//   reproduced      the effect is positive in every seed, there are at least
//                   kMinSeeds, and the settings are the paper's
//   trend only      the mean effect is positive, but not all of that holds
//   not reproduced  the mean effect is not positive
Judgement Judge(const Claim& claim,
                const std::map<int64_t, SeedRows>& rows_by_seed,
                bool as_in_paper);

// A line per verdict, for a terminal.
std::string VerdictLines(const std::vector<Judgement>& judgements);

// claims.json.
std::string ToJson(const std::vector<Judgement>& judgements);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_CLAIMS_H_
