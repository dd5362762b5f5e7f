#include "experiments/execution/testing/test_or_work.h"

#include <cstdio>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "experiments/execution/execution.h"
#include "experiments/execution/in_worker/run.h"
#include "gtest/gtest.h"

namespace nclab {

int TestOrWork(int argc, char** argv) {
  ExecutionOptions options;
  options.checkpoint_every = absl::Milliseconds(200);
  std::string directory;
  int parent = 0;
  for (int i = 1; i < argc; ++i) {
    absl::string_view word = argv[i];
    if (absl::ConsumePrefix(&word, "--worker=")) directory = word;
    if (absl::ConsumePrefix(&word, "--device=")) options.device = word;
    for (const auto& [flag, value] : {std::pair("--threads=", &options.threads),
                                      std::pair("--jobs=", &options.jobs),
                                      std::pair("--worker_parent=", &parent)}) {
      if (absl::ConsumePrefix(&word, flag) && !absl::SimpleAtoi(word, value)) {
        return 2;
      }
    }
  }
  if (directory.empty()) {
    testing::InitGoogleTest(&argc, argv);
    return RUN_ALL_TESTS();
  }
  const absl::StatusOr<int> status = WorkerMain(directory, options, parent);
  if (status.ok()) return *status;
  std::fprintf(stderr, "%s\n", std::string(status.status().message()).c_str());
  return 2;
}

}  // namespace nclab
