#include "tools/base/torch/parallel.h"

#include <ATen/Parallel.h>

#include <atomic>
#include <chrono>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

TEST(ParallelFor, CoversTheRangeOnce) {
  at::set_num_threads(3);
  std::vector<std::atomic<int>> visits(100);
  ParallelFor(10, 90, 1, [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) ++visits[i];
  });
  for (int i = 0; i < 100; ++i) {
    EXPECT_EQ(visits[i], i >= 10 && i < 90 ? 1 : 0) << i;
  }
}

TEST(ParallelFor, TakesSeveralThreadsAtOnce) {
  at::set_num_threads(2);
  std::mutex mutex;
  std::set<std::thread::id> threads;
  std::atomic<int> inside = 0;
  ParallelFor(0, 2, 1, [&](int64_t, int64_t) {
    ++inside;
    const auto give_up =
        std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (inside < 2 && std::chrono::steady_clock::now() < give_up) {
      std::this_thread::yield();
    }
    const std::lock_guard<std::mutex> lock(mutex);
    threads.insert(std::this_thread::get_id());
  });
  EXPECT_EQ(inside, 2);
  EXPECT_EQ(threads.size(), 2u);
}

TEST(ParallelFor, ThrowsWhatABodyThrows) {
  at::set_num_threads(2);
  EXPECT_THROW(ParallelFor(0, 2, 1,
                           [](int64_t begin, int64_t) {
                             if (begin > 0) throw std::runtime_error("no");
                           }),
               std::runtime_error);
}

}  // namespace
}  // namespace nclab
