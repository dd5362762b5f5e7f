// The one evaluator: which statistics some metrics need, and the looks at the
// samples that they take. Runs, measure and the kits go through it.
#ifndef NCLAB_METRICS_EVALUATION_LOOKS_H_
#define NCLAB_METRICS_EVALUATION_LOOKS_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "metrics/metric.h"
#include "metrics/statistics/statistic.h"

namespace nclab {

// Statistics, each after those that it looks at.
using StatisticPlan = std::vector<const StatisticRegistry::Entry*>;

// Named statistics and all that they look at. `head` is not a statistic and is
// left out. \error kNotFound lists the known ones; kInvalidArgument if they
// look at one another in a circle.
absl::StatusOr<StatisticPlan> PlanStatistics(
    const std::vector<std::string>& names);

// What bound choices of metrics need. \error as PlanStatistics(), naming the
// metric; kNotFound, kInvalidArgument if one is no choice.
absl::StatusOr<StatisticPlan> PlanMetrics(
    const std::vector<std::string>& metrics);

// Those of `plan` made at `time`, of `scope`.
StatisticPlan Select(const StatisticPlan& plan, StatisticScope scope,
                     StatisticTime time);

// Those made once T is known, for which features have to be kept until then.
inline StatisticPlan WaitingForT(const StatisticPlan& plan) {
  return Select(plan, StatisticScope::kLayer, StatisticTime::kAfterT);
}

// Whether one of them looks at another one of them: more than one look.
bool LooksTwice(const StatisticPlan& plan);

// The looks at one layer of a split, or at a split as a whole:
//
//   Looks looks(plan, input, kept);
//   while (looks.Begin()) {
//     for (batch : all) looks.Add(batch);
//   }
//
// fills `kept`. Statistics that are kept already, and those that look at what
// is not kept, are left out.
class Looks {
 public:
  // `input.own` is `kept`, which outlives this.
  Looks(StatisticPlan plan, const StatisticInput& input, Kept& kept);

  // Ends the look before, and begins the next one; false if nothing wants one.
  bool Begin();
  void Add(const Batch& batch);

  // What one who has seen other samples in the same look adds to this. By
  // statistic. \error kUnimplemented.
  std::map<std::string, Arrays> Sums() const;
  absl::Status Merge(const std::map<std::string, Arrays>& sums);

 private:
  struct Active {
    const StatisticRegistry::Entry* entry;
    std::unique_ptr<Statistic> statistic;
    int looks = 0;  // begun
  };

  void Advance();  // keeps what wants no further look

  StatisticPlan waiting_;
  StatisticInput input_;
  Kept& kept_;
  std::vector<Active> active_;
};

}  // namespace nclab

#endif  // NCLAB_METRICS_EVALUATION_LOOKS_H_
