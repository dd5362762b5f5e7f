// The words in which claims are stated. Each returns a Statistic: positive for
// a seed where the claim holds, its size the effect.
#ifndef NCLAB_EXPERIMENTS_STATISTICS_H_
#define NCLAB_EXPERIMENTS_STATISTICS_H_

#include "experiments/experiment.h"

namespace nclab {

// At the last step every layer is below the one before it. Effect: the least
// log10 ratio of neighbours. Needs two layers.
Statistic LayersDescendAtEnd(Curves curves);

// Every layer's curve is lower at the last step than at the first. Effect: the
// least fall, log10 of first over last.
Statistic EveryLayerFalls(Curves curves);

// The last layer's relative fall exceeds every other's. Effect: its log10 fall
// less the greatest of the others'. Needs two layers.
Statistic LastLayerFallsMost(Curves curves);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_STATISTICS_H_
