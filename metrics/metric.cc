#include "metrics/metric.h"

#include <utility>

namespace nclab {

MetricRegistry& Metrics() {
  static auto* const registry = new MetricRegistry("metric");
  return *registry;
}

bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line) {
  Metrics().Register(std::move(info), std::move(function), file, line);
  return true;
}

}  // namespace nclab
