#include "metrics/statistics/statistic.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace nclab {

StatisticRegistry& Statistics() {
  static auto* const registry = new StatisticRegistry("statistic");
  return *registry;
}

bool RegisterStatistic(StatisticInfo info, StatisticFactory factory,
                       const char* file, int line) {
  const std::string item = absl::StrCat("statistic '", info.name, "'");
  Statistics().Register(std::move(info),
                        NamingWhatItThrows(item, std::move(factory)), file,
                        line);
  return true;
}

}  // namespace nclab
