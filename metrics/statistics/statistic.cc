#include "metrics/statistics/statistic.h"

#include <utility>

namespace nclab {

StatisticRegistry& Statistics() {
  static auto* const registry = new StatisticRegistry("statistic");
  return *registry;
}

bool RegisterStatistic(StatisticInfo info, StatisticFactory factory,
                       const char* file, int line) {
  Statistics().Register(std::move(info), std::move(factory), file, line);
  return true;
}

}  // namespace nclab
