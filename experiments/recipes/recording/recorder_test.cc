#include "experiments/recipes/recording/recorder.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/ones.h>

#include <memory>
#include <stdexcept>
#include <string>

#include "experiments/recipes/recording/pretended_recorder.h"
#include "gmock/gmock.h"
#include "gtest/gtest-spi.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

// Writes down what it is asked to do.
class Diary final : public Recorder {
 public:
  explicit Diary(std::string* entries) : entries_(entries) {}
  void Record(const std::function<void()>& work) override {
    *entries_ += "[";
    work();
    *entries_ += "]";
  }
  void Replay() override { *entries_ += "r"; }

 private:
  std::string* entries_;
};

TEST(RepeatedWork, IsRecordedOnceAfterTheWarmUpAndThenReplayed) {
  std::string entries;
  RepeatedWork work(std::make_unique<Diary>(&entries), [&] { entries += "w"; });
  for (int i = 0; i < RepeatedWork::kWarmUp + 3; ++i) work.Run();
  EXPECT_TRUE(work.records());
  EXPECT_EQ(entries, "www[w]rrr");
}

TEST(RepeatedWork, IsDoneAsItIsWithoutARecorder) {
  std::string entries;
  RepeatedWork work(nullptr, [&] { entries += "w"; });
  for (int i = 0; i < 6; ++i) work.Run();
  EXPECT_FALSE(work.records());
  EXPECT_EQ(entries, "wwwwww");
}

TEST(RepeatedWork, IsNotReplayedAfterARecordingThatFailed) {
  std::string entries;
  bool fails = false;
  RepeatedWork work(std::make_unique<Diary>(&entries), [&] {
    if (fails) throw std::runtime_error("no");
    entries += "w";
  });
  for (int i = 0; i < RepeatedWork::kWarmUp; ++i) work.Run();
  fails = true;
  EXPECT_THROW(work.Run(), std::runtime_error);
  fails = false;
  work.Run();
  EXPECT_EQ(entries, "www[[w]r");
}

// As a step: of what is there when it is recorded nothing may be baked in.
TEST(PretendedRecorder, NoticesWhatARecordingWouldBakeIn) {
  int replays = 0;
  const at::Tensor weight = at::ones({4}), rate = at::ones({});
  PretendedRecorder good(&replays);
  good.Record([&] { weight.sub_(weight * rate); });
  for (int i = 0; i < 3; ++i) {
    rate.fill_(0.1 * i);
    good.Replay();
  }
  EXPECT_EQ(replays, 3);
  double number = 0.5;
  PretendedRecorder baked_number(&replays);
  baked_number.Record([&] { weight.mul_(number); });
  baked_number.Replay();
  number = 0.25;
  EXPECT_NONFATAL_FAILURE(baked_number.Replay(), "mul_");
  // The same, in a tensor that is made for it.
  PretendedRecorder baked_tensor(&replays);
  baked_tensor.Record([&] { weight.sub_(weight * number); });
  baked_tensor.Replay();
  number = 0.125;
  EXPECT_NONFATAL_FAILURE(baked_tensor.Replay(), "mul");
  // Which part of a tensor.
  int64_t rows = 2;
  PretendedRecorder baked_shape(&replays);
  baked_shape.Record([&] { weight.view({rows, -1}).add_(1); });
  baked_shape.Replay();
  rows = 4;
  EXPECT_NONFATAL_FAILURE(baked_shape.Replay(), "view");
  at::Tensor index = at::ones({4});
  PretendedRecorder baked_memory(&replays);
  baked_memory.Record([&] { weight.add_(index); });
  baked_memory.Replay();
  index = at::ones({4});
  EXPECT_NONFATAL_FAILURE(baked_memory.Replay(), "add_");
}

TEST(MakeRecorder, HasNoneForTheCpu) {
  EXPECT_EQ(MakeRecorder(c10::kCPU), nullptr);
}

}  // namespace
}  // namespace nclab
