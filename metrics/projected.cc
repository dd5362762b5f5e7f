#include "metrics/projected.h"

namespace nclab {
namespace {

// Why there is no number; "" if there is one.
const char* WhyUndefined(const MetricInput& input, bool means_coincide) {
  if (input.moments->present() < 2) return "fewer than two classes are present";
  if (!input.projections->finite) return "a feature is not finite";
  if (means_coincide) return "the class means coincide";
  return "";
}

}  // namespace

MetricValue TraceOver(const MetricInput& input, double divisor) {
  const char* why = WhyUndefined(input, input.projections->rank == 0);
  if (*why != 0) return Undefined(why);
  return DefinedIfFinite(input.projections->trace / divisor,
                         "a feature is not a number");
}

MetricValue ShareNear(const MetricInput& input, const NearestMeans& means,
                      int64_t count) {
  const char* why = WhyUndefined(input, means.coincide);
  if (*why != 0) return Undefined(why);
  return Defined(static_cast<double>(count) /
                 static_cast<double>(input.moments->total()));
}

}  // namespace nclab
