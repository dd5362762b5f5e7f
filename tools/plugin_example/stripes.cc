// stripes: 16x16 grey pictures of stripes, in one of four directions.
//
//   pixel(y, x) = 128 + 60 cos(2 pi f (x cos a_c + y sin a_c) + phase) + noise
//
// with a_c = 0, 45, 90, 135 degrees, f = 1/5, and a random phase a picture.
#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randn.h>

#include <numbers>

#include "datasets/dataset.h"

namespace {

using nclab::Dataset;
using nclab::Split;

constexpr int64_t kClasses = 4;
constexpr int64_t kSide = 16;

Split MakeSplit(int64_t n, double noise, uint64_t seed) {
  const at::TensorOptions real(at::kDouble);
  at::Generator generator = at::detail::createCPUGenerator(seed);
  Split split;
  split.labels =
      at::arange(n, at::TensorOptions(at::kLong)).remainder(kClasses);
  const at::Tensor angle =
      (split.labels.to(at::kDouble) * (std::numbers::pi / kClasses))
          .reshape({n, 1, 1, 1});
  const at::Tensor phase =
      at::rand({n, 1, 1, 1}, generator, real) * (2 * std::numbers::pi);
  const at::Tensor x = at::arange(kSide, real).reshape({1, 1, 1, kSide});
  const at::Tensor y = at::arange(kSide, real).reshape({1, 1, kSide, 1});
  const at::Tensor along = x * angle.cos() + y * angle.sin();
  const at::Tensor waves = (along * (2 * std::numbers::pi / 5) + phase).cos();
  const at::Tensor grain =
      at::randn({n, 1, kSide, kSide}, generator, real) * noise;
  split.samples =
      (waves * 60 + 128 + grain).round().clamp(0, 255).to(at::kByte);
  return split;
}

absl::StatusOr<Dataset> MakeStripes(const nclab::Params& params,
                                    const nclab::DatasetContext&) {
  const uint64_t seed = static_cast<uint64_t>(params.Int("seed"));
  Dataset dataset;
  dataset.class_names = {"vertical", "falling", "horizontal", "rising"};
  dataset.train =
      MakeSplit(params.Int("train"), params.Float("noise"), 2 * seed);
  dataset.test =
      MakeSplit(params.Int("test"), params.Float("noise"), 2 * seed + 1);
  return dataset;
}

NCLAB_REGISTER_DATASET(
    {.name = "stripes",
     .summary = "stripes in four directions, 16x16 grey",
     .reference = "nclab, tools/plugin_example/stripes.cc",
     .params = {nclab::IntParam("train", 800, "training pictures", 8, 1e6),
                nclab::IntParam("test", 200, "test pictures", 8, 1e6),
                nclab::FloatParam("noise", 40,
                                  "standard deviation of a pixel's noise", 0,
                                  255),
                nclab::IntParam("seed", 0, "of phases and noise")},
     .terms = "made, not loaded"},
    MakeStripes);

}  // namespace
