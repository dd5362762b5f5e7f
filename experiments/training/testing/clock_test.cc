// A clock that goes backwards. This program has its own clock_gettime().
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstring>
#include <filesystem>

#include "absl/time/time.h"
#include "experiments/training/testing/tiny_run.h"
#include "gtest/gtest.h"
#include "tools/testing/test_directory.h"

namespace {

std::atomic<bool> backwards = false;
std::atomic<int64_t> calls = 0;

}  // namespace

// The system's, but with the time of day an hour earlier at every call.
extern "C" int clock_gettime(clockid_t clock, timespec* time) noexcept {
  const long code = syscall(SYS_clock_gettime, clock, time);
  if (code == 0 && clock == CLOCK_REALTIME && backwards) {
    time->tv_sec -= 3600 * ++calls;
  }
  return static_cast<int>(code);
}

namespace nclab {
namespace {

TEST(Clock, GoingBackwardsChangesNothing) {
  const std::string& expected = UndisturbedResults();
  const std::string directory = EmptyTestDirectory() + "/run";
  RunOptions options = TinyOptions(directory);
  options.checkpoint_every = absl::Nanoseconds(1);
  int64_t reports = 0;
  options.on_progress = [&](const Progress& progress) {
    ++reports;
    EXPECT_GE(progress.steps_per_second, 0);
  };
  backwards = true;
  const auto before = std::chrono::system_clock::now();
  EXPECT_LT(std::chrono::system_clock::now(), before)
      << "the clock is not this program's";
  ASSERT_THAT(Train(TinySpec(), options), IsOk());
  backwards = false;
  EXPECT_TRUE(ResultsOf(directory) == expected);
  // Checkpoints were due at every step, the one before the last among them.
  EXPECT_TRUE(FileExists(RunDirectory(directory).Checkpoint(kTinySteps - 1)));
  EXPECT_GE(reports, 1);
  // No scalar is earlier than the first.
  double first = 0;
  for (const auto& entry : std::filesystem::directory_iterator(directory)) {
    if (entry.path().filename().string().find("tfevents") ==
        std::string::npos) {
      continue;
    }
    const std::string bytes = BytesOf(entry.path().string());
    for (size_t at = 0, record = 0; at + 16 <= bytes.size(); ++record) {
      uint64_t size;
      std::memcpy(&size, bytes.data() + at, 8);
      double time;
      std::memcpy(&time, bytes.data() + at + 12 + 1, 8);
      if (record == 1) first = time;
      if (record > 0) {
        EXPECT_GE(time, first) << record;
      }
      at += 16 + size;
    }
  }
}

}  // namespace
}  // namespace nclab
