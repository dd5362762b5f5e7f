#include "models/layers/layers.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"

namespace nclab {
namespace {

at::Tensor Draw(at::IntArrayRef shape, Init init, int64_t fan_in,
                int64_t fan_out) {
  at::Tensor values = at::empty(shape, at::kFloat);
  switch (init) {
    case Init::kFanIn:
      return values.normal_(0, std::sqrt(2.0 / static_cast<double>(fan_in)));
    case Init::kFanOut:
      return values.normal_(0, std::sqrt(2.0 / static_cast<double>(fan_out)));
    case Init::kSmall:
      return values.normal_(0, 0.01);
    case Init::kUniform: {
      const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
      return values.uniform_(-bound, bound);
    }
  }
  return values;
}

}  // namespace

Conv2d::Conv2d(const Conv2dOptions& options, Init init)
    : convolution_(options.stride, {options.padding, options.padding}) {
  const int64_t area = options.kernel * options.kernel;
  weight_ = register_parameter(
      "weight", Draw({options.out, options.in, options.kernel, options.kernel},
                     init, options.in * area, options.out * area));
  if (options.bias) {
    bias_ = register_parameter("bias", at::zeros({options.out}));
  }
  used_ = weight_;
}

at::Tensor Conv2d::Forward(const at::Tensor& x) {
  maps_.See(x);
  if (used_.size(1) == weight_.size(1)) return convolution_(x, used_, bias_);
  TORCH_CHECK(ChannelsAreOne(x),
              "The model was rewritten for grey images; this one has colours.");
  return convolution_(x.narrow(1, 0, 1), used_, bias_);
}

Specialized Conv2d::Specialize(const ReductionKinds& wanted) {
  Specialized done =
      SpecializeConvolution(maps_, wanted, weight_, convolution_);
  if (done.reduction) used_ = done.reduction->reduced();
  return done;
}

PooledLinear::PooledLinear(int64_t channels, int64_t side, int64_t out,
                           Init init, bool zero_bias)
    : side_(side) {
  const int64_t in = channels * side * side;
  weight_ = register_parameter("weight", Draw({out, in}, init, in, out));
  bias_ = register_parameter(
      "bias", zero_bias ? at::zeros({out}) : Draw({out}, init, in, out));
  used_ = weight_;
}

at::Tensor PooledLinear::Forward(const at::Tensor& x) {
  maps_.See(x);
  const bool summed = !used_.is_same(weight_);
  return Affine(
      (summed ? x : at::adaptive_avg_pool2d(x, {side_, side_})).flatten(1),
      used_, bias_);
}

Specialized PooledLinear::Specialize(const ReductionKinds& wanted) {
  Specialized done = SpecializePooledLinear(maps_, wanted, weight_, side_);
  if (done.reduction) used_ = done.reduction->reduced();
  return done;
}

BatchNorm2d::BatchNorm2d(int64_t channels)
    : weight_(register_parameter("weight", at::ones({channels}))),
      bias_(register_parameter("bias", at::zeros({channels}))),
      running_mean_(register_buffer("running_mean", at::zeros({channels}))),
      running_var_(register_buffer("running_var", at::ones({channels}))),
      num_batches_tracked_(
          register_buffer("num_batches_tracked", at::zeros({}, at::kLong))) {}

at::Tensor BatchNorm2d::Forward(const at::Tensor& x) {
  if (is_training()) {
    TORCH_CHECK(x.numel() > x.size(1),
                "Batch normalisation has one value per channel to learn from; "
                "train with larger batches or larger images.");
  }
  return at::batch_norm(x, weight_, bias_, running_mean_, running_var_,
                        is_training(), /*momentum=*/0.1, /*eps=*/1e-5,
                        /*cudnn_enabled=*/true);
}

void CountBatches(torch::nn::Module& model, int64_t batches) {
  for (const auto& module : model.modules()) {
    auto* const norm = dynamic_cast<BatchNorm2d*>(module.get());
    if (norm != nullptr && norm->is_training()) norm->Count(batches);
  }
}

Linear::Linear(int64_t in, int64_t out, Init init, bool zero_bias)
    : weight_(register_parameter("weight", Draw({out, in}, init, in, out))),
      bias_(register_parameter(
          "bias", zero_bias ? at::zeros({out}) : Draw({out}, init, in, out))) {}

at::Tensor Linear::Forward(const at::Tensor& x) const {
  return Affine(x, weight_, bias_);
}

void AddModule(torch::nn::Module& root, absl::string_view path,
               std::shared_ptr<torch::nn::Module> module) {
  const std::vector<std::string> names = absl::StrSplit(path, '.');
  torch::nn::Module* parent = &root;
  for (size_t i = 0; i + 1 < names.size(); ++i) {
    torch::nn::Module* next = nullptr;
    for (const auto& child : parent->named_children()) {
      if (child.key() == names[i]) next = child.value().get();
    }
    if (next == nullptr) {
      next =
          parent
              ->register_module(names[i], std::make_shared<torch::nn::Module>())
              .get();
    }
    parent = next;
  }
  parent->register_module(names.back(), std::move(module));
}

absl::Status CheckImages(const ModelInput& input, int64_t smallest) {
  if (input.shape.size() != 3) {
    return absl::InvalidArgumentError(absl::StrCat(
        "it takes images [C, H, W]; these samples have the shape [",
        absl::StrJoin(input.shape, ", "), "]"));
  }
  if (std::min(input.shape[1], input.shape[2]) < smallest) {
    return absl::InvalidArgumentError(absl::StrCat(
        "the smallest image that it can take is ", smallest, "x", smallest,
        "; these are ", input.shape[1], "x", input.shape[2],
        ". A dataset's parameter image_size=", smallest, " pads them"));
  }
  return absl::OkStatus();
}

}  // namespace nclab
