// When the metrics that look at projections have no number, and why.
#ifndef NCLAB_METRICS_PROJECTED_H_
#define NCLAB_METRICS_PROJECTED_H_

#include "metrics/metric.h"

namespace nclab {

// The reason; "" if there is a number.
inline const char* WhyUndefined(const MetricInput& input, bool means_coincide) {
  if (input.Of<Moments>().present() < 2)
    return "fewer than two classes are present";
  if (!input.Of<Projections>().finite) return "a feature is not finite";
  if (means_coincide) return "the class means coincide";
  return "";
}

}  // namespace nclab

#endif  // NCLAB_METRICS_PROJECTED_H_
