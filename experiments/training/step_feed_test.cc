#include "experiments/training/step_feed.h"

#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include "gtest/gtest.h"
#include "tools/testing/test_device.h"

namespace nclab {
namespace {

constexpr int64_t kSamples = 10, kBatch = 3, kWindow = 4, kSteps = 14;

class StepFeedTest : public testing::Test {
 protected:
  // A step as the trainer makes it; what it found is as the host would say.
  void ExpectStep(int64_t step) {
    feed_.Begin(step);
    feed_.Load();
    EXPECT_TRUE(index_.equal(reference_.Indices(step))) << step;
    for (const auto& [scale, rate] : rates_) {
      EXPECT_EQ(rate.item<float>(), static_cast<float>(schedule_[step] * scale))
          << step;
    }
    const at::Tensor loss = at::full({}, 100 + step, floats_);
    feed_.Store(loss);
    EXPECT_EQ(losses_[step % kWindow].item<float>(), 100 + step);
  }

  const at::Device device_{TestDevice()};
  const at::TensorOptions floats_ =
      at::TensorOptions(at::kFloat).device(device_);
  Batches batches_{kSamples, kBatch, /*seed=*/5, device_};
  Batches reference_{kSamples, kBatch, /*seed=*/5, device_};
  const std::vector<double> schedule_ = [] {
    std::vector<double> rates;
    for (int i = 0; i < kSteps; ++i) rates.push_back(0.1 / (i + 3));
    return rates;
  }();
  const std::map<double, at::Tensor> rates_ = {{1, at::zeros({}, floats_)},
                                               {9, at::zeros({}, floats_)}};
  at::Tensor index_ = batches_.Indices(0).clone();
  at::Tensor losses_ = at::zeros({kWindow}, floats_);
  StepFeed feed_{batches_, schedule_, rates_, index_, losses_};
};

TEST_F(StepFeedTest, GivesEveryStepItsSamplesRateAndPlace) {
  for (int64_t step = 0; step < kSteps; ++step) ExpectStep(step);
  EXPECT_EQ(losses_[(kSteps - 2) % kWindow].item<float>(), 100 + kSteps - 2);
}

TEST_F(StepFeedTest, GoesOnFromAnyStep) {
  for (const int64_t step : {7, 8, 2, 3, 12, 12, 13}) ExpectStep(step);
}

}  // namespace
}  // namespace nclab
