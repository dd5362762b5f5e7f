// The promises of metrics/statistics/statistic.h, each a check that any
// statistic can be held to. In BUILD: nclab_statistic_kit_test() of
// tools/build/defs.bzl.
#ifndef NCLAB_METRICS_STATISTICS_TESTING_STATISTIC_KIT_H_
#define NCLAB_METRICS_STATISTICS_TESTING_STATISTIC_KIT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace nclab {

struct StatisticPromise {
  const char* name;  // a sentence without its subject
  // `statistic`: a registered name. \error of any code says how the promise is
  // broken.
  std::function<absl::Status(const std::string& statistic)> check;
};

const std::vector<StatisticPromise>& StatisticPromises();

}  // namespace nclab

#endif  // NCLAB_METRICS_STATISTICS_TESTING_STATISTIC_KIT_H_
