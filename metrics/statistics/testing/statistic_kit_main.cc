// The test behind nclab_statistic_kit_test: every promise, for every statistic
// that is linked in.
#include <iostream>
#include <string>

#include "gtest/gtest.h"
#include "metrics/statistics/statistic.h"
#include "metrics/statistics/testing/statistic_kit.h"
#include "tools/testing/kit_main.h"

namespace nclab {
namespace {

void RegisterTests() {
  for (const auto* entry : Statistics().List()) {
    const std::string name = entry->info.name;
    for (const StatisticPromise& promise : StatisticPromises()) {
      RegisterPromise("statistic", name, promise.name,
                      [=] { return promise.check(name); });
    }
  }
}

}  // namespace
}  // namespace nclab

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (nclab::Statistics().List().empty()) {
    std::cerr << "No statistic is linked in: name the nclab_statistic() "
                 "targets in deps.\n";
    return 1;
  }
  nclab::RegisterTests();
  return RUN_ALL_TESTS();
}
