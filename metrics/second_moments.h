// When the metrics that look at second moments have no number, and why.
#ifndef NCLAB_METRICS_SECOND_MOMENTS_H_
#define NCLAB_METRICS_SECOND_MOMENTS_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "metrics/metric.h"

namespace nclab {

// The reason; "" if `kept` has the spectra.
inline std::string WhyNoSecondMoments(const Kept& kept) {
  if (kept.Has("second_moments.within")) return "";
  if (kept.Has("second_moments.finite")) return "a feature is not finite";
  const double dim =
      static_cast<double>(kept.Get("second_moments", "dim").integer());
  return absl::StrCat("D is ", dim, ": a covariance would be of ",
                      static_cast<int64_t>(dim * dim * 8 / 1e6),
                      " MB, and is formed up to D = 2,048 only");
}

}  // namespace nclab

#endif  // NCLAB_METRICS_SECOND_MOMENTS_H_
