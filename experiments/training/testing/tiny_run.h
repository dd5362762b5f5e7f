// A run of a second, and what must not depend on how it was interrupted.
#ifndef NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_RUN_H_
#define NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_RUN_H_

#include <cstdint>
#include <cstring>
#include <filesystem>
#include <string>

#include "experiments/records/run_directory.h"
#include "experiments/training/testing/tiny_spec.h"
#include "experiments/training/training.h"
#include "gtest/gtest.h"
#include "tools/base/files/files.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_device.h"

namespace nclab {

inline RunOptions TinyOptions(const std::string& directory) {
  RunOptions options;
  options.directory = directory;
  options.device = TestDevice();
  options.threads = 1;
  return options;
}

inline std::string BytesOf(const std::string& path) {
  const absl::StatusOr<std::string> bytes = ReadFile(path);
  EXPECT_THAT(bytes, IsOk());
  return bytes.value_or("");
}

// The events of a run without their times: steps, tags and values.
inline std::string EventsOf(const std::string& directory) {
  std::string events;
  int files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().find("tfevents") ==
        std::string::npos) {
      continue;
    }
    ++files;
    const std::string bytes = BytesOf(entry.path().string());
    for (size_t at = 0; at + 16 <= bytes.size();) {
      uint64_t size;
      std::memcpy(&size, bytes.data() + at, 8);
      events += bytes.substr(at + 12 + 9, size - 9) + '\n';
      at += 16 + size;
    }
  }
  EXPECT_EQ(files, 1) << directory;
  return events;
}

// metrics.csv, the final checkpoint and the TensorBoard scalars.
inline std::string ResultsOf(const std::string& directory) {
  return BytesOf(directory + "/metrics.csv") +
         BytesOf(RunDirectory(directory).Checkpoint(kTinySteps)) +
         EventsOf(directory);
}

// Those of a run that nobody disturbed, made once.
inline const std::string& UndisturbedResults() {
  static const auto* const results = [] {
    const std::string directory = testing::TempDir() + "/undisturbed";
    std::filesystem::remove_all(directory);
    EXPECT_THAT(Train(TinySpec(), TinyOptions(directory)), IsOk());
    return new std::string(ResultsOf(directory));
  }();
  return *results;
}

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_TRAINING_TESTING_TINY_RUN_H_
