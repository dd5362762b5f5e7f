// Claims -> verdicts.
#ifndef NCLAB_EXPERIMENTS_REPORT_CLAIMS_CLAIMS_H_
#define NCLAB_EXPERIMENTS_REPORT_CLAIMS_CLAIMS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "experiments/experiment.h"

namespace nclab {

enum class Verdict {
  kReproduced,
  kTrendOnly,
  kNotReproduced,
  kNotComparable,
  kNotRun
};
const char* VerdictName(Verdict verdict);  // "reproduced", "trend only", ...

// kNotRun for any other text.
Verdict VerdictOf(const std::string& name);

struct Judgement {
  std::string id;
  std::string text;
  std::string effect;
  Verdict verdict = Verdict::kNotRun;
  std::optional<double> value;         // mean effect over the seeds
  std::map<int64_t, double> per_seed;  // those that have a number
  // Where the mean effect lies with 95 % confidence: StudentInterval95() of
  // the seeds' effects, each a contrast within its seed; inside -1 to 1 for a
  // correlation. Nothing with one seed, or where runs are not comparable.
  std::optional<std::pair<double, double>> interval;
  // One-sided and exact: the share of equally likely outcomes whose mean effect
  // is at least the observed one, if nothing were behind the claim. `method`
  // says which: the arrangements within each seed where the statistic has them,
  // otherwise the 2^n signs of the seeds' effects. Nothing where runs are not
  // comparable.
  std::optional<double> p_value;
  std::string method;
  std::string why;  // one sentence: what the verdict rests on
};

// The least number of seeds behind "reproduced".
inline constexpr size_t kMinSeeds = 3;

// Judges over the seeds asked for.
//   not run         no seed has every number that the claim needs, or one of
//                   the seeds asked for is missing
//   not comparable  a run that the claim looks at diverged, or does not meet
//                   Claim::needs; `why` names each
//   reproduced      the effect is positive in every seed, there are at least
//                   kMinSeeds, and settings and data are the paper's
//   trend only      the mean effect is positive, but not all of that holds
//   not reproduced  the mean effect is not positive
// Where the effect is a distance, 0 takes the place of "positive".
// `departure` says in what the runs are not the paper's, as "not at the paper's
// settings"; "" where they are.
Judgement Judge(const Claim& claim,
                const std::map<int64_t, SeedRows>& rows_by_seed,
                const std::string& departure);

// A line per verdict, for a terminal.
std::string VerdictLines(const std::vector<Judgement>& judgements);

// claims.json.
std::string ToJson(const std::vector<Judgement>& judgements);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_REPORT_CLAIMS_CLAIMS_H_
