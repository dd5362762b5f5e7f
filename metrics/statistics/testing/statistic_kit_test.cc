// The kit finds what is wrong with statistics that break a promise each.
#include "metrics/statistics/testing/statistic_kit.h"

#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

using testing::ElementsAre;

// Sums one number a batch.
struct Sum : public Statistic {
  void Add(const Batch& batch) override {
    sum += static_cast<double>(batch.labels.size(0));
    ++batches;
  }
  Arrays Finish() const override { return {{"sum", Array(sum)}}; }
  absl::Status Merge(const Arrays& sums) override {
    sum += sums.at("sum").real();
    return absl::OkStatus();
  }
  double sum = 0, batches = 0;
};

struct Honest final : public Sum {};
struct CountsBatches final : public Sum {
  Arrays Finish() const override { return {{"sum", Array(batches)}}; }
};
struct KeepsMore final : public Sum {
  Arrays Finish() const override {
    return {{"sum", Array(sum)}, {"more", Array(sum)}};
  }
};
struct ForgetsShards final : public Sum {
  absl::Status Merge(const Arrays&) override { return absl::OkStatus(); }
};

template <typename Item>
bool Register(const char* name) {
  return RegisterStatistic(
      {.name = name,
       .summary = "of a test",
       .reference = "none",
       .arrays = {{"sum", "", "samples"}}},
      [](const Params&, const StatisticInput&) {
        return std::make_unique<Item>();
      },
      __FILE__, __LINE__);
}

const bool registered[] = {Register<Honest>("honest"),
                           Register<CountsBatches>("counts_batches"),
                           Register<KeepsMore>("keeps_more"),
                           Register<ForgetsShards>("forgets_shards")};

std::vector<std::string> Broken(const std::string& statistic) {
  std::vector<std::string> names;
  for (const StatisticPromise& promise : StatisticPromises()) {
    if (!promise.check(statistic).ok()) names.push_back(promise.name);
  }
  return names;
}

TEST(StatisticKit, PassesWhatKeepsItsPromises) {
  EXPECT_THAT(Broken("honest"), ElementsAre());
}

TEST(StatisticKit, FindsThatBatchesMatter) {
  EXPECT_THAT(Broken("counts_batches"),
              testing::Contains("DoesNotDependOnTheSplitIntoBatches"));
}

TEST(StatisticKit, FindsAnArrayThatIsNotDeclared) {
  EXPECT_THAT(Broken("keeps_more"), testing::Contains("KeepsWhatItDeclares"));
}

TEST(StatisticKit, FindsAMergeThatForgets) {
  EXPECT_THAT(Broken("forgets_shards"), ElementsAre("MergesShards"));
}

}  // namespace
}  // namespace nclab
