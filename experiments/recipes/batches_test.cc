#include "experiments/recipes/batches.h"

#include <ATen/core/Tensor.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tensor.h>

#include <algorithm>
#include <set>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/rewrites/rewrites.h"

namespace nclab {
namespace {

std::vector<int64_t> At(Batches& batches, int64_t step) {
  const at::Tensor index = batches.Indices(step).contiguous();
  const int64_t* data = index.const_data_ptr<int64_t>();
  return {data, data + index.numel()};
}

// The samples of one epoch, in order.
std::vector<int64_t> Epoch(Batches& batches, int64_t epoch) {
  std::vector<int64_t> samples;
  const int64_t n = batches.steps_per_epoch();
  for (int64_t step = epoch * n; step < (epoch + 1) * n; ++step) {
    const std::vector<int64_t> batch = At(batches, step);
    samples.insert(samples.end(), batch.begin(), batch.end());
  }
  return samples;
}

TEST(Batches, ShowEverySampleOnceAnEpochWhereTheyDivide) {
  Batches batches(120, 30, 5, at::kCPU);
  EXPECT_EQ(batches.steps_per_epoch(), 4);
  std::vector<int64_t> all(120);
  for (int64_t i = 0; i < 120; ++i) all[i] = i;
  for (const int64_t epoch : {0, 1, 17}) {
    EXPECT_THAT(Epoch(batches, epoch), testing::UnorderedElementsAreArray(all));
  }
}

TEST(Batches, DropTheLastPartialBatch) {
  Batches batches(100, 32, 5, at::kCPU);
  EXPECT_EQ(batches.steps_per_epoch(), 3);
  for (const int64_t epoch : {0, 1, 2}) {
    const std::vector<int64_t> samples = Epoch(batches, epoch);
    EXPECT_EQ(samples.size(), 96);
    const std::set<int64_t> distinct(samples.begin(), samples.end());
    EXPECT_EQ(distinct.size(), 96) << "a sample twice in epoch " << epoch;
    EXPECT_GE(*distinct.begin(), 0);
    EXPECT_LT(*distinct.rbegin(), 100);
  }
}

TEST(Batches, AreShuffledAnewEveryEpoch) {
  Batches batches(100, 100, 5, at::kCPU);
  EXPECT_NE(Epoch(batches, 0), Epoch(batches, 1));
  EXPECT_NE(Epoch(batches, 1), Epoch(batches, 2));
  std::vector<int64_t> sorted = Epoch(batches, 0);
  EXPECT_FALSE(std::is_sorted(sorted.begin(), sorted.end()));
}

TEST(Batches, DependOnTheSeed) {
  Batches a(100, 100, 5, at::kCPU), b(100, 100, 6, at::kCPU);
  EXPECT_NE(Epoch(a, 0), Epoch(b, 0));
  // Neighbouring seeds do not share permutations one epoch apart either.
  EXPECT_NE(Epoch(a, 1), Epoch(b, 0));
}

TEST(Batches, AreAFunctionOfSeedAndStepAlone) {
  Batches forward(100, 32, 5, at::kCPU);
  std::vector<std::vector<int64_t>> seen;
  for (int64_t step = 0; step < 10; ++step) seen.push_back(At(forward, step));
  Batches backward(100, 32, 5, at::kCPU);
  for (int64_t step = 9; step >= 0; --step) {
    EXPECT_EQ(At(backward, step), seen[step]) << step;
    EXPECT_EQ(At(backward, step), seen[step]) << step << ", asked twice";
  }
}

TEST(Batches, HaveAllSamplesWhereThereAreFewerThanABatch) {
  Batches batches(5, 128, 5, at::kCPU);
  EXPECT_EQ(batches.steps_per_epoch(), 1);
  EXPECT_THAT(At(batches, 3), testing::UnorderedElementsAre(0, 1, 2, 3, 4));
}

TEST(Gather, KeepsChannelsThatAreOneInMemory) {
  const at::Tensor grey = at::randn({5, 1, 2, 2}),
                   colours = at::randn({5, 3, 2, 2});
  const at::Tensor index = at::tensor({3, 1}, at::TensorOptions(at::kLong));
  const at::Tensor repeated = grey.expand({-1, 3, -1, -1});
  EXPECT_TRUE(ChannelsAreOne(Gather(repeated, index)));
  EXPECT_TRUE(Gather(repeated, index).equal(repeated.index_select(0, index)));
  EXPECT_FALSE(ChannelsAreOne(Gather(colours, index)));
  EXPECT_TRUE(Gather(colours, index).equal(colours.index_select(0, index)));
}

}  // namespace
}  // namespace nclab
