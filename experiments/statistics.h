// The words in which claims are stated. Each returns a Statistic: positive for
// a seed where the claim holds, its size the effect.
#ifndef NCLAB_EXPERIMENTS_STATISTICS_H_
#define NCLAB_EXPERIMENTS_STATISTICS_H_

#include <string>
#include <vector>

#include "experiments/statistic.h"
#include "experiments/values.h"

namespace nclab {

// Of one quantity at the last step: every layer is below the one before it.
// Effect: the least log10 ratio of neighbours. Needs two layers.
Statistic LayersDescendAtEnd(const std::string& cell, Quantity quantity);

// Falls are from the end of the first epoch (the first evaluation there) to the
// last step, in powers of ten: what means at T say of new weights is a draw.

// Every layer's curve falls. Effect: the least fall.
Statistic EveryLayerFalls(const std::string& cell, Quantity quantity);

// The last layer's curve falls further than every other. Effect: its fall less
// the greatest of the others'. Needs two layers.
Statistic LastLayerFallsMost(const std::string& cell, Quantity quantity);

// Every layer passes, on its way down, the level at which the least collapsed
// layer ends, and does so earlier than the layer before it. Effect: the least
// log10 ratio of the steps (plus 1) at which neighbours pass, interpolated on a
// logarithmic axis. Needs two layers, each of which starts above that level.
Statistic DeeperLayersFallFirst(const std::string& cell, Quantity quantity);

// `a` is above `factor` times `b`. Effect: log10 of a over b, less that of
// `factor`.
Statistic Above(Value a, Value b, double factor = 1);

// `a` exceeds `b`. Their cells stand in pairs: one that the plan left out takes
// the other with it. Effect: a - b.
Statistic Exceeds(Value a, Value b);

// `value` is below `limit`. Effect: 1 - value / limit.
Statistic Below(Value value, double limit);

// `value` is above `limit`. Effect: log10 of value over limit.
Statistic StaysAbove(Value value, double limit);

// Spearman's rank correlation of x and y has the sign of `sign` (+1 or -1).
// Effect: the correlation times `sign`; 0 where all x or all y are equal. Equal
// values share their mean rank. Needs three pairs, and each of them unless the
// plan left its cells out. Where no run is in two pairs, and x had nothing to
// do with y, every pairing of them were as likely: these are the arrangements,
// for up to eight pairs. Checkpoints of one run are not so: neighbours resemble
// each other whatever is behind the claim.
Statistic RankCorrelation(std::vector<Value> x, std::vector<Value> y, int sign);

// The same where x is known beforehand.
Statistic RankCorrelation(std::vector<double> x, std::vector<Value> y,
                          int sign);

// The least of several statistics.
Statistic Least(std::vector<Statistic> statistics);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_STATISTICS_H_
