// synthetic_images: pictures of smooth waves, one pattern a class, of any
// number, size and number of channels. What tests and smoke presets train on.
//
//   pattern(a)(y, x) = sum_kl a_kl cos(pi k (y + 1/2) / H) cos(pi l (x + 1/2) /
//                      H), k, l = 0..3 without k = l = 0
//   image  = 128 + 40 (pattern(a_c) + noise pattern(b_i)), rounded, 0..255
//
// a_c is drawn once per class, b_i once per sample, both from one isotropic
// Gaussian whose pattern has root mean square 1. So noise and signal share
// their subspace, of 15 dimensions a channel, and `noise` sets the difficulty:
// the classes overlap visibly from about 2.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "tools/base/memory.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr int64_t kFrequencies = 4;
constexpr int64_t kWaves = kFrequencies * kFrequencies;

using Coefficients = std::vector<double>;  // [C, 4, 4]

// cosines[k][x], scaled so that the mean square over x is 1.
std::vector<std::vector<double>> Cosines(int64_t size) {
  std::vector<std::vector<double>> cosines(kFrequencies);
  for (int64_t k = 0; k < kFrequencies; ++k) {
    for (int64_t x = 0; x < size; ++x) {
      const double phase = std::numbers::pi * static_cast<double>(k) *
                           (static_cast<double>(x) + 0.5) /
                           static_cast<double>(size);
      cosines[k].push_back(std::cos(phase) * (k == 0 ? 1 : std::sqrt(2.0)));
    }
  }
  return cosines;
}

// Draws a pattern of expected mean square 1. In double precision and one call
// a pattern, so that sample i does not depend on how many follow it.
Coefficients Draw(int64_t channels, at::Generator& generator) {
  const at::Tensor normal =
      at::randn({channels * kWaves}, generator, at::TensorOptions(at::kDouble));
  const double* data = normal.const_data_ptr<double>();
  Coefficients drawn(data, data + channels * kWaves);
  for (int64_t i = 0; i < channels * kWaves; ++i) {
    drawn[i] = i % kWaves == 0 ? 0 : drawn[i] / std::sqrt(kWaves - 1.0);
  }
  return drawn;
}

// Writes one image, [C, size, size].
void Paint(const Coefficients& pattern, int64_t channels, int64_t size,
           const std::vector<std::vector<double>>& cosines, uint8_t* pixel) {
  for (int64_t c = 0; c < channels; ++c) {
    const double* a = pattern.data() + c * kWaves;
    for (int64_t y = 0; y < size; ++y) {
      double row[kFrequencies] = {};
      for (int64_t k = 0; k < kFrequencies; ++k) {
        for (int64_t l = 0; l < kFrequencies; ++l) {
          row[l] += a[k * kFrequencies + l] * cosines[k][y];
        }
      }
      for (int64_t x = 0; x < size; ++x) {
        double value = 0;
        for (int64_t l = 0; l < kFrequencies; ++l) {
          value += row[l] * cosines[l][x];
        }
        *pixel++ = static_cast<uint8_t>(
            std::clamp(std::round(128 + 40 * value), 0.0, 255.0));
      }
    }
  }
}

absl::StatusOr<Dataset> MakeSyntheticImages(const Params& params,
                                            const DatasetContext&) {
  const int64_t classes = params.Int("classes");
  const int64_t size = params.Int("size");
  const int64_t channels = params.Int("channels");
  const double noise = params.Float("noise");
  const uint64_t seed = static_cast<uint64_t>(params.Int("seed"));
  // A byte and a float of each pixel.
  NCLAB_RETURN_IF_ERROR(CheckMemory(
      absl::StrCat("synthetic_images with train=", params.Int("train"),
                   ", test=", params.Int("test"), ", channels=", channels,
                   ", size=", size),
      5.0 * static_cast<double>(params.Int("train") + params.Int("test")) *
          static_cast<double>(channels * size * size)));
  const std::vector<std::vector<double>> cosines = Cosines(size);
  // Streams of their own for patterns, train and test: one does not shift
  // another.
  const auto stream = [seed](uint64_t i) {
    return at::detail::createCPUGenerator(seed * 3 + i);
  };
  Dataset dataset;
  std::vector<Coefficients> patterns;
  at::Generator generator = stream(0);
  for (int64_t c = 0; c < classes; ++c) {
    patterns.push_back(Draw(channels, generator));
    dataset.class_names.push_back(absl::StrCat("pattern", c));
  }
  for (Split* split : {&dataset.train, &dataset.test}) {
    const bool train = split == &dataset.train;
    const int64_t n = params.Int(train ? "train" : "test");
    generator = stream(train ? 1 : 2);
    split->samples =
        at::empty({n, channels, size, size}, at::TensorOptions(at::kByte));
    // Class by class within a round, so that any prefix is balanced.
    split->labels =
        at::arange(n, at::TensorOptions(at::kLong)).remainder(classes);
    uint8_t* pixels = split->samples.mutable_data_ptr<uint8_t>();
    for (int64_t i = 0; i < n; ++i) {
      Coefficients image = Draw(channels, generator);
      for (size_t j = 0; j < image.size(); ++j) {
        image[j] = patterns[i % classes][j] + noise * image[j];
      }
      Paint(image, channels, size, cosines, pixels);
      pixels += channels * size * size;
    }
  }
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "synthetic_images",
     .summary =
         "learnable pictures of waves, made from a seed: what tests train on",
     .reference = "nclab, datasets/synthetic_images.cc",
     .params = {IntParam("train", 1000, "training images, classes in turn", 1,
                         1e8),
                IntParam("test", 200, "test images, classes in turn", 1, 1e8),
                IntParam("classes", 10, "number of classes", 2, 10000),
                IntParam("size", 32, "height and width", 4, 1024),
                IntParam("channels", 3, "channels of an image", 1, 64),
                FloatParam("noise", 1, "strength of an image's own waves", 0,
                           1000),
                IntParam("seed", 0, "seed of patterns and images")},
     .terms = "made, not loaded",
     .replaces = {"channels"}},
    MakeSyntheticImages);

}  // namespace
}  // namespace nclab
