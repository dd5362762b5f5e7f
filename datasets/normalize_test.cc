#include "datasets/normalize.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "datasets/view.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::ElementsAre;
using testing::HasSubstr;

absl::StatusOr<Dataset> View(
    const std::vector<std::pair<std::string, std::string>>& args,
    Dataset dataset) {
  const DatasetInfo info{.name = "toy"};
  NCLAB_ASSIGN_OR_RETURN(const Params params,
                         BindParams("toy", ViewParams(info), args));
  NCLAB_RETURN_IF_ERROR(ApplyView(info, params, dataset));
  return dataset;
}

// Training and test samples that are the same images.
Dataset Of(const at::Tensor& images) {
  Dataset dataset;
  dataset.class_names = {"a", "b"};
  dataset.train.samples = images;
  dataset.train.labels =
      at::arange(images.size(0), at::TensorOptions(at::kLong)).remainder(2);
  dataset.test = dataset.train;
  return dataset;
}

at::Tensor Noise(at::IntArrayRef shape) {
  return at::randint(256, shape, at::detail::createCPUGenerator(1),
                     at::TensorOptions(at::kByte));
}

// Three 2x2 grey images: 0 0 0 0, 255 255 255 255, 51 51 0 0.
Dataset Grey() {
  at::Tensor images = at::full({3, 1, 2, 2}, 0, at::TensorOptions(at::kByte));
  images[1].fill_(255);
  images[2][0][0].fill_(51);
  return Of(images);
}

constexpr double kMean = (4 + 2 * 0.2) / 12;

double StandardDeviation() {
  return std::sqrt((4 + 2 * 0.04) / 12 - kMean * kMean);
}

TEST(NormalizedSamples, HaveTheStatisticsOfTheWholeTrainSplit) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"train_size", "1"}}, Grey()));
  EXPECT_NEAR(dataset.normalization.mean.item<double>(), kMean, 1e-15);
  EXPECT_NEAR(dataset.normalization.std.item<double>(), StandardDeviation(),
              1e-15);
  const at::Tensor test = NormalizedSamples(dataset, dataset.test, at::kCPU);
  EXPECT_EQ(test.scalar_type(), at::kFloat);
  EXPECT_NEAR(test.mean().item<double>(), 0, 1e-6);
  EXPECT_NEAR(test.pow(2).mean().item<double>(), 1, 1e-6);
}

TEST(NormalizedSamples, ArePaddedWithBlackBeforeTheyAreNormalised) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"image_size", "5"}}, Grey()));
  EXPECT_THAT(SampleShape(dataset), ElementsAre(1, 5, 5));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  EXPECT_EQ(x.sizes(), at::IntArrayRef({3, 1, 5, 5}));
  const float black = static_cast<float>(-kMean / StandardDeviation());
  const float white = static_cast<float>((1 - kMean) / StandardDeviation());
  for (int64_t r = 0; r < 5; ++r) {
    for (int64_t c = 0; c < 5; ++c) {
      // The odd row and column go below and to the right.
      const bool inside = r >= 1 && r <= 2 && c >= 1 && c <= 2;
      EXPECT_NEAR(x[1][0][r][c].item<float>(), inside ? white : black, 1e-6)
          << r << "," << c;
    }
  }
}

TEST(NormalizedSamples, OfGreyImagesAreRepeatedToChannels) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"channels", "3"}}, Grey()));
  EXPECT_THAT(SampleShape(dataset), ElementsAre(3, 2, 2));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  EXPECT_EQ(x.sizes(), at::IntArrayRef({3, 3, 2, 2}));
  EXPECT_TRUE(x.select(1, 0).equal(x.select(1, 2)));
  EXPECT_FALSE(x[0].equal(x[1]));
}

// The sums of a channel are of integers, so the numbers are the same bit for
// bit on every machine.
TEST(NormalizedSamples, PerChannelAreThoseOfEachChannelBitForBit) {
  const at::Tensor images = Noise({50, 3, 7, 5});
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, View({}, Of(images)));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  for (int64_t c = 0; c < 3; ++c) {
    const at::Tensor pixels = images.select(1, c);
    const double n = static_cast<double>(pixels.numel());
    const at::Tensor sums = pixels.to(at::kLong);
    const double mean = static_cast<double>(sums.sum().item<int64_t>()) / n;
    const double square =
        static_cast<double>(sums.square().sum().item<int64_t>()) / n;
    const double std = std::sqrt(square - mean * mean) / 255;
    EXPECT_EQ(dataset.normalization.mean[c].item<double>(), mean / 255);
    EXPECT_EQ(dataset.normalization.std[c].item<double>(), std);
    EXPECT_TRUE(x.select(1, c).equal(
        pixels.to(at::kFloat).div(255).sub(mean / 255).div(std)));
  }
}

TEST(NormalizedSamples, PerPixelHaveMeanZeroAndDeviationOneOfEachPixel) {
  // More images than are summed at once.
  at::Tensor images = Noise({2500, 2, 3, 4});
  images.select(1, 1).select(2, 2).fill_(9);
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             View({{"normalize", "per_pixel"}}, Of(images)));
  const at::Tensor scaled = images.to(at::kDouble) / 255;
  const auto near = [](const at::Tensor& a, const at::Tensor& b, double by) {
    return (a - b).abs().max().item<double>() < by;
  };
  EXPECT_TRUE(near(dataset.normalization.mean, scaled.mean(0), 1e-12));
  at::Tensor std = scaled.std(std::vector<int64_t>{0}, /*unbiased=*/false);
  std.select(0, 1).select(1, 2).fill_(1);
  EXPECT_TRUE(near(dataset.normalization.std, std, 1e-12));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  EXPECT_TRUE(near(x, (scaled - scaled.mean(0)) / std, 1e-6));
}

// A pixel that is padded is constant: mean 0, deviation 1.
TEST(NormalizedSamples, PerPixelArePaddedWithZero) {
  const at::Tensor images = Noise({20, 1, 3, 3});
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      View({{"normalize", "per_pixel"}, {"image_size", "6"}}, Of(images)));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset small,
                             View({{"normalize", "per_pixel"}}, Of(images)));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  EXPECT_TRUE(x.equal(at::constant_pad_nd(
      NormalizedSamples(small, small.train, at::kCPU), {1, 2, 1, 2}, 0)));
}

TEST(NormalizedSamples, OfFixedRangesAreThoseOfTheFormula) {
  const at::Tensor images =
      at::arange(256, at::TensorOptions(at::kByte)).reshape({4, 1, 8, 8});
  const at::Tensor scaled = images.to(at::kFloat) / 255;
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset unit,
                             View({{"normalize", "zero_to_one"}}, Of(images)));
  EXPECT_TRUE(NormalizedSamples(unit, unit.train, at::kCPU).equal(scaled));
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset symmetric,
      View({{"normalize", "minus_one_to_one"}}, Of(images)));
  EXPECT_TRUE(NormalizedSamples(symmetric, symmetric.train, at::kCPU)
                  .equal((scaled - 0.5) / 0.5));
}

// Images of floats are those of bytes divided by 255, and stay as they are.
TEST(NormalizedSamples, OfFloatsAreThoseOfTheSameBytes) {
  const at::Tensor bytes = Noise({30, 3, 4, 4});
  for (const std::string& normalize : NormalizeParam().allowed) {
    NCLAB_ASSERT_OK_AND_ASSIGN(
        const Dataset of_bytes,
        View({{"normalize", normalize}, {"image_size", "5"}}, Of(bytes)));
    const at::Tensor floats = bytes.to(at::kFloat) / 255;
    const at::Tensor copy = floats.clone();
    NCLAB_ASSERT_OK_AND_ASSIGN(
        const Dataset of_floats,
        View({{"normalize", normalize}, {"image_size", "5"}}, Of(floats)));
    const at::Tensor a = NormalizedSamples(of_bytes, of_bytes.train, at::kCPU);
    const at::Tensor b =
        NormalizedSamples(of_floats, of_floats.train, at::kCPU);
    EXPECT_LT((a - b).abs().max().item<double>(), 2e-6) << normalize;
    EXPECT_TRUE(floats.equal(copy)) << normalize;
  }
}

TEST(NormalizedSamples, OfAConstantChannelAreZero) {
  const at::Tensor images =
      at::full({2, 1, 2, 2}, 7, at::TensorOptions(at::kByte));
  for (const char* normalize : {"per_channel", "per_pixel"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset view,
                               View({{"normalize", normalize}}, Of(images)));
    EXPECT_EQ(view.normalization.std.max().item<double>(), 1);
    const at::Tensor x = NormalizedSamples(view, view.train, at::kCPU);
    EXPECT_LT(x.abs().max().item<double>(), 1e-6);
  }
}

TEST(NormalizedSamples, AreRefusedForVectorsOtherThanAsTheyAre) {
  const Dataset vectors = Of(Noise({4, 6}).to(at::kFloat));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset view, View({}, vectors));
  EXPECT_FALSE(view.normalization.mean.defined());
  EXPECT_FALSE(Black(view).defined());
  EXPECT_THAT(View({{"normalize", "zero_to_one"}}, vectors),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("normalize=zero_to_one has no meaning")));
  EXPECT_THAT(View({{"normalize", "half"}}, Grey()),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("per_channel, per_pixel, zero_to_one, "
                                 "minus_one_to_one")));
}

TEST(Black, IsWhatNormalisingMakesOfZeros) {
  const at::Tensor images = Noise({20, 1, 3, 3});
  for (const std::string& normalize : NormalizeParam().allowed) {
    NCLAB_ASSERT_OK_AND_ASSIGN(
        Dataset dataset,
        View({{"normalize", normalize}, {"image_size", "6"}, {"channels", "2"}},
             Of(images)));
    const Dataset zeros = [&] {
      Dataset made = dataset;
      made.train.samples = made.train.samples.mul(0);
      return made;
    }();
    const at::Tensor x = NormalizedSamples(zeros, zeros.train, at::kCPU);
    dataset.train = dataset.test = {};
    const at::Tensor black = Black(dataset);
    EXPECT_EQ(black.sizes(), normalize == "per_pixel"
                                 ? at::IntArrayRef({2, 6, 6})
                                 : at::IntArrayRef({2, 1, 1}));
    EXPECT_TRUE(x.equal(black.expand_as(x))) << normalize;
  }
}

}  // namespace
}  // namespace nclab
