#include "experiments/training/recorder.h"

#include <memory>
#include <stdexcept>
#include <string>

#include "gmock/gmock.h"
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

TEST(MakeRecorder, HasNoneForTheCpu) {
  EXPECT_EQ(MakeRecorder(c10::kCPU), nullptr);
}

}  // namespace
}  // namespace nclab
