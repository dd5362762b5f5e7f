// The promises of metrics/metric.h, each a check that any metric can be held
// to. In BUILD: nclab_metric_kit_test() of tools/build/defs.bzl.
#ifndef NCLAB_METRICS_TESTING_METRIC_KIT_H_
#define NCLAB_METRICS_TESTING_METRIC_KIT_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace nclab {

struct MetricPromise {
  const char* name;  // a sentence without its subject
  // `metric`: a registered name. \error of any code says how the promise is
  // broken.
  std::function<absl::Status(const std::string& metric)> check;
};

const std::vector<MetricPromise>& MetricPromises();

}  // namespace nclab

#endif  // NCLAB_METRICS_TESTING_METRIC_KIT_H_
