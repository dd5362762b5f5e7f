// The words in which claims are stated. Each is positive for a seed where the
// claim holds, its size the effect.
#ifndef NCLAB_EXPERIMENTS_STATISTICS_H_
#define NCLAB_EXPERIMENTS_STATISTICS_H_

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "experiments/number.h"

namespace nclab {

// What a claim is judged by: a number that is positive where the claim holds
// and 0 where nothing speaks for it.
class ClaimStatistic {
 public:
  // The effects, within one seed, of all arrangements of its numbers that are
  // equally likely if nothing is behind the claim; the observed one is among
  // them. Empty where that cannot be said.
  using Arrangements = std::function<std::vector<double>(const SeedRows&)>;

  // `most`: no effect lies beyond +/- this.
  ClaimStatistic(Number effect,  // NOLINT: any number may be one
                 double most = std::numeric_limits<double>::infinity(),
                 Arrangements arrangements = {})
      : effect_(std::move(effect)),
        most_(most),
        arrangements_(std::move(arrangements)) {}

  // Judged the other way round: the claim holds where `distance` is 0.
  static ClaimStatistic Distance(Number distance) {
    ClaimStatistic statistic(std::move(distance));
    statistic.is_distance_ = true;
    return statistic;
  }

  const Number& effect() const { return effect_; }
  bool is_distance() const { return is_distance_; }
  const std::vector<std::string>& cells() const { return effect_.cells(); }
  double most() const { return most_; }
  std::optional<double> operator()(const SeedRows& seed) const {
    return effect_(seed);
  }
  std::vector<double> ArrangementsOf(const SeedRows& seed) const {
    return arrangements_ ? arrangements_(seed) : std::vector<double>();
  }

 private:
  Number effect_;
  double most_;
  Arrangements arrangements_;
  bool is_distance_ = false;
};

// `variance` is of the layers that its selection names, as
// TrainVariance("hidden").

// At the last step each layer is below the one before it: the least log10 ratio
// of neighbours.
Number LayersDescendAtEnd(const std::string& cell, const Quantity& variance);

// Falls are from the end of the first epoch (the first evaluation there) to the
// last step, in powers of ten: what means at T say of new weights is a draw.

// Every layer falls: the least fall.
Number EveryLayerFalls(const std::string& cell, const Quantity& variance);

// The last layer falls furthest: its fall less the greatest other.
Number LastLayerFallsMost(const std::string& cell, const Quantity& variance);

// Every layer passes, on its way down, the level at which the least collapsed
// layer ends, and does so earlier than the layer before it: the least log10
// ratio of the steps (plus 1) at which neighbours pass.
Number DeeperLayersFallFirst(const std::string& cell, const Quantity& variance);

// `a` is above `factor` times `b`: log10 of a over b, less that of `factor`.
Number Above(Number a, Number b, double factor = 1);

// `value` is below `limit`: 1 - value / limit.
Number Below(Number value, double limit);

// The best of `a` exceeds the best of `b`, which stand in pairs: one that the
// plan left out takes the other with it. Their difference.
Number BestExceeds(const std::vector<Number>& a, const std::vector<Number>& b);

// Spearman's rank correlation of x and y has the sign of `sign` (+1 or -1): the
// correlation times `sign`; 0 where all x or all y are equal. Equal values
// share their mean rank. Needs three pairs, and each of them unless the plan
// left it out. Where no run is in two pairs, and x had nothing to do with y,
// every pairing of them were as likely: these are the arrangements, for up to
// eight pairs. Checkpoints of one run are not so: neighbours resemble each
// other whatever is behind the claim.
ClaimStatistic RankCorrelation(std::vector<Number> x, std::vector<Number> y,
                               int sign);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_STATISTICS_H_
