// What the metrics that look at projections have in common: when there is no
// number, and why.
#ifndef NCLAB_METRICS_PROJECTED_H_
#define NCLAB_METRICS_PROJECTED_H_

#include <cstdint>

#include "metrics/metric.h"

namespace nclab {

// Tr(Sigma_W Sigma_B^+) / divisor.
MetricValue TraceOver(const MetricInput& input, double divisor);

// `count` of all samples, as a share; `means` are those it was counted by.
MetricValue ShareNear(const MetricInput& input, const NearestMeans& means,
                      int64_t count);

}  // namespace nclab

#endif  // NCLAB_METRICS_PROJECTED_H_
