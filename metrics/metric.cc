#include "metrics/metric.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nclab {

MetricRegistry& Metrics() {
  static auto* const registry = new MetricRegistry("metric");
  return *registry;
}

bool RegisterMetric(MetricInfo info, MetricFunction function, const char* file,
                    int line) {
  const std::string item = absl::StrCat("metric '", info.name, "'");
  Metrics().Register(std::move(info),
                     NamingWhatItThrows(item, std::move(function)), file, line);
  return true;
}

}  // namespace nclab
