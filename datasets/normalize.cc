#include "datasets/normalize.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/constant_pad_nd.h>
#include <ATen/ops/full.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"

namespace nclab {
namespace {

constexpr char kPerChannel[] = "per_channel";
constexpr int64_t kRowsAtOnce = 1024;

bool IsImages(const at::Tensor& samples) { return samples.dim() == 4; }

// The same mean and deviation for every channel.
Normalization Constant(int64_t channels, double mean, double std) {
  const at::TensorOptions real(at::kDouble);
  return {at::full({channels, 1, 1}, mean, real),
          at::full({channels, 1, 1}, std, real)};
}

// Exact, by counting pixel values. images: uint8.
Normalization ByCounting(const at::Tensor& images) {
  Normalization made = Constant(images.size(1), 0, 1);
  for (int64_t c = 0; c < images.size(1); ++c) {
    const at::Tensor counts =
        at::bincount(images.select(1, c).reshape(-1), {}, 256);
    const int64_t* count = counts.const_data_ptr<int64_t>();
    double n = 0, sum = 0, squares = 0;
    for (int v = 0; v < 256; ++v) {
      n += static_cast<double>(count[v]);
      sum += static_cast<double>(count[v]) * v;
      squares += static_cast<double>(count[v]) * v * v;
    }
    const double mean = sum / n;
    const double std =
        std::sqrt(std::max(0.0, squares / n - mean * mean)) / 255;
    made.mean[c].fill_(mean / 255);
    made.std[c].fill_(std > 0 ? std : 1);
  }
  return made;
}

// Over samples, and over the pixels of a channel unless `per_pixel`. In two
// passes, in doubles of few samples at once.
Normalization BySumming(const at::Tensor& images, bool per_pixel) {
  const std::vector<int64_t> over =
      per_pixel ? std::vector<int64_t>{0} : std::vector<int64_t>{0, 2, 3};
  const int64_t n = images.size(0);
  const double scale = images.scalar_type() == at::kByte ? 255 : 1;
  Normalization made;
  for (at::Tensor* sums : {&made.mean, &made.std}) {
    for (int64_t i = 0; i < n; i += kRowsAtOnce) {
      at::Tensor rows =
          images.slice(0, i, std::min(i + kRowsAtOnce, n)).to(at::kDouble);
      if (sums == &made.std) rows = (rows - made.mean).square_();
      const at::Tensor part = rows.sum(over, /*keepdim=*/true).squeeze(0);
      *sums = sums->defined() ? sums->add_(part) : part;
    }
    *sums /= static_cast<double>(images.numel() / made.mean.numel());
  }
  made.mean /= scale;
  made.std.sqrt_().div_(scale);
  const at::Tensor constant =
      images.amax(over, true).eq(images.amin(over, true));
  made.std.masked_fill_(constant.squeeze(0), 1);
  return made;
}

// [..., H, W] with `value` around to a square of `size`, an odd row and column
// below and to the right. size 0: as it is.
at::Tensor Padded(const at::Tensor& images, int64_t size, double value) {
  const int64_t high = size - images.size(-2), wide = size - images.size(-1);
  if (size == 0 || (high == 0 && wide == 0)) return images;
  return at::constant_pad_nd(
      images, {wide / 2, wide - wide / 2, high / 2, high - high / 2}, value);
}

bool IsPerPixel(const Normalization& normalization) {
  return normalization.mean.numel() > normalization.mean.size(0);
}

// Normalises `samples`, float [N, C, H, W] of the model's size and in 0..1, in
// place, and repeats them to the model's channels.
at::Tensor Normalized(const Dataset& dataset, at::Tensor samples) {
  const Normalization& by = dataset.normalization;
  if (IsPerPixel(by)) {
    samples.sub_(Padded(by.mean, dataset.image_size, 0).to(samples.options()))
        .div_(Padded(by.std, dataset.image_size, 1).to(samples.options()));
  } else {
    // By a number a channel, which GPUs round otherwise than by a tensor.
    for (int64_t c = 0; c < samples.size(1); ++c) {
      samples.select(1, c)
          .sub_(by.mean[c].item<double>())
          .div_(by.std[c].item<double>());
    }
  }
  if (dataset.channels != 0 && dataset.channels != samples.size(1)) {
    samples = samples.expand({-1, dataset.channels, -1, -1});
  }
  return samples;
}

}  // namespace

ParamSpec NormalizeParam() {
  return StringParam(
      "normalize", kPerChannel,
      "pixels minus mean over deviation, of each channel or pixel of the whole "
      "training split; or 0..1; or -1..1",
      {kPerChannel, "per_pixel", "zero_to_one", "minus_one_to_one"});
}

absl::StatusOr<Normalization> MakeNormalization(const std::string& normalize,
                                                const at::Tensor& train) {
  if (!IsImages(train)) {
    if (normalize == kPerChannel) return Normalization();
    return absl::InvalidArgumentError(
        absl::StrCat("normalize=", normalize,
                     " has no meaning for samples that are not images."));
  }
  if (normalize == "zero_to_one") return Constant(train.size(1), 0, 1);
  if (normalize == "minus_one_to_one") return Constant(train.size(1), 0.5, 0.5);
  const bool per_pixel = normalize == "per_pixel";
  return train.scalar_type() == at::kByte && !per_pixel
             ? ByCounting(train)
             : BySumming(train, per_pixel);
}

std::vector<int64_t> SampleShape(const Dataset& dataset) {
  std::vector<int64_t> shape = dataset.train.samples.sizes().vec();
  shape.erase(shape.begin());
  if (IsImages(dataset.train.samples)) {
    if (dataset.channels != 0) shape[0] = dataset.channels;
    if (dataset.image_size != 0) shape[1] = shape[2] = dataset.image_size;
  }
  return shape;
}

at::Tensor NormalizedSamples(const Dataset& dataset, const Split& split,
                             at::Device device) {
  if (!IsImages(split.samples)) {
    return split.samples.to(device, at::kFloat).contiguous();
  }
  const at::Tensor raw =
      Padded(split.samples.to(device), dataset.image_size, 0);
  // A copy: floats are normalised in place.
  at::Tensor samples =
      raw.to(at::kFloat, /*non_blocking=*/false, /*copy=*/true);
  if (raw.scalar_type() == at::kByte) samples.div_(255);
  return Normalized(dataset, samples);
}

at::Tensor Black(const Dataset& dataset) {
  const at::Tensor& mean = dataset.normalization.mean;
  if (!mean.defined()) return {};
  const at::Tensor shape = IsPerPixel(dataset.normalization)
                               ? Padded(mean, dataset.image_size, 0)
                               : mean;
  return Normalized(dataset, at::zeros(shape.sizes(), at::kFloat).unsqueeze(0))
      .squeeze(0);
}

}  // namespace nclab
