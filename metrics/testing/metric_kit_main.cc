// The test behind nclab_metric_kit_test: every promise, for every metric that
// is linked in.
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "metrics/metric.h"
#include "metrics/testing/metric_kit.h"
#include "tools/testing/kit_main.h"

namespace nclab {
namespace {

void RegisterTests() {
  for (const auto* entry : Metrics().List()) {
    const std::string name = entry->info.name;
    for (const MetricPromise& promise : MetricPromises()) {
      RegisterPromise("metric", name, promise.name,
                      [=] { return promise.check(name); });
    }
  }
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (nclab::Metrics().List().empty()) {
    std::cerr << "No metric is linked in: name the nclab_metric() targets in "
                 "deps.\n";
    return 1;
  }
  nclab::RegisterTests();
  return RUN_ALL_TESTS();
}
