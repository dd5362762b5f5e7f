// The words in which claims are stated. Each returns a Statistic: positive for
// a seed where the claim holds, its size the effect.
#ifndef NCLAB_EXPERIMENTS_STATISTICS_H_
#define NCLAB_EXPERIMENTS_STATISTICS_H_

#include <string>
#include <vector>

#include "experiments/experiment.h"

namespace nclab {

// Of one quantity at the last step: every layer is below the one before it.
// Effect: the least log10 ratio of neighbours. Needs two layers.
Statistic LayersDescendAtEnd(const std::string& cell, Quantity quantity);

// Every layer's curve is lower at the last step than at the first. Effect: the
// least fall, log10 of first over last.
Statistic EveryLayerFalls(const std::string& cell, Quantity quantity);

// The last layer's relative fall exceeds every other's. Effect: its log10 fall
// less the greatest of the others'. Needs two layers.
Statistic LastLayerFallsMost(const std::string& cell, Quantity quantity);

// Every layer passes, on its way down, the level at which the least collapsed
// layer ends, and does so earlier than the layer before it. Effect: the least
// log10 ratio of the steps (plus 1) at which neighbours pass, interpolated on a
// logarithmic axis. Needs two layers, each of which starts above that level.
Statistic DeeperLayersFallFirst(const std::string& cell, Quantity quantity);

// `a` falls at least `factor` times as far as `b` from the first to the last
// step. Effect: log10 of the ratio of falls (first over last), less that of
// `factor`.
Statistic FallsFurther(const std::string& cell, Quantity a, Quantity b,
                       double factor);

// `a` is above `b`. Effect: log10 of a over b.
Statistic Above(Value a, Value b);

// `a` exceeds `b`. Effect: a - b.
Statistic Exceeds(Value a, Value b);

// `value` is below `limit`. Effect: 1 - value / limit.
Statistic Below(Value value, double limit);

// `value` is above `limit`. Effect: log10 of value over limit.
Statistic StaysAbove(Value value, double limit);

// At the last step the training error of `cell` is 0 and StrongTestVariance
// above TrainVariance. Effect: log10 of their ratio; where there is training
// error, that error times -1.
Statistic TestAboveTrainAtZeroError(const std::string& cell);

// Spearman's rank correlation of x and y has the sign of `sign` (+1 or -1).
// Effect: the correlation times `sign`. Equal values share their mean rank.
// Needs three pairs, and each of them unless the plan left its cells out. If x
// had nothing to do with y, every pairing of them were as likely: these are the
// arrangements, for up to eight pairs.
Statistic RankCorrelation(std::vector<Value> x, std::vector<Value> y, int sign);

// The same where x is known beforehand.
Statistic RankCorrelation(std::vector<double> x, std::vector<Value> y,
                          int sign);

// The least of several statistics.
Statistic Least(std::vector<Statistic> statistics);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_STATISTICS_H_
