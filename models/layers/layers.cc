#include "models/layers/layers.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/batch_norm.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/ones.h>
#include <ATen/ops/zeros.h>
#include <c10/util/Exception.h>
#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "models/kernels/affine.h"
#include "models/kernels/winograd.h"

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

// Pixels of the map times pixels of the output, at most, for a convolution to
// be computed as one matrix product.
constexpr int64_t kLargestWhole = 16;

// Pixels of the map, at most, for a convolution of single pixels to be computed
// as one matrix product on the CPU: on larger ones oneDNN's is no slower.
constexpr int64_t kLargestPixelwise = 16;

// The matrix of a convolution of which every output pixel sees the whole map:
//   [output pixel (y, x), out] x [pixel (i, j), in]
//     = weight[out, in, i - (y stride - padding), j - (x stride - padding)].
// On 2x2 maps these are the 16 products that a 3x3 kernel's 36 contain.
class WholeMap : public torch::autograd::Function<WholeMap> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& weight, int64_t stride,
                            int64_t top, int64_t left, int64_t height,
                            int64_t width, int64_t out_height,
                            int64_t out_width) {
    const Shape shape = {stride, top,        left,     height,
                         width,  out_height, out_width};
    context->saved_data["shape"] = std::vector<int64_t>(
        {stride, top, left, height, width, out_height, out_width});
    context->saved_data["weight"] = weight.sizes();
    at::Tensor blocks = at::empty(
        {out_height, out_width, weight.size(0), height, width, weight.size(1)},
        weight.options());
    shape.ForEach(weight, blocks,
                  [](const at::Tensor& taps, const at::Tensor& block) {
                    block.copy_(taps);
                  });
    return blocks.view({out_height * out_width * weight.size(0), -1});
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      const torch::autograd::variable_list& gradients) {
    const std::vector<int64_t> v = context->saved_data["shape"].toIntVector();
    const std::vector<int64_t> sizes =
        context->saved_data["weight"].toIntVector();
    const Shape shape = {v[0], v[1], v[2], v[3], v[4], v[5], v[6]};
    const at::Tensor weight =
        at::empty(sizes, gradients[0].options(), at::MemoryFormat::ChannelsLast)
            .zero_();
    shape.ForEach(weight,
                  gradients[0].view({v[5], v[6], sizes[0], v[3], v[4], -1}),
                  [](const at::Tensor& taps, const at::Tensor& block) {
                    taps.add_(block);
                  });
    return {weight, {}, {}, {}, {}, {}, {}, {}};
  }

 private:
  struct Shape {
    int64_t stride, top, left, height, width, out_height, out_width;

    // visit(the taps of an output pixel, its block), both [out, i, j, in].
    template <typename Visit>
    void ForEach(const at::Tensor& weight, const at::Tensor& blocks,
                 const Visit& visit) const {
      const at::Tensor taps = weight.permute({0, 2, 3, 1});
      for (int64_t y = 0; y < out_height; ++y) {
        for (int64_t x = 0; x < out_width; ++x) {
          visit(taps.narrow(1, top - y * stride, height)
                    .narrow(2, left - x * stride, width),
                blocks.select(0, y).select(0, x));
        }
      }
    }
  };
};

}  // namespace

Conv2d::Conv2d(const Conv2dOptions& options, Init init)
    : options_(options), padding_({options.padding, options.padding}) {
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
  seen_.See(x);
  if (whole_[0] > 0) return ForwardWhole(x);
  if (pixelwise_) {
    return Affine(x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}),
                  used_.flatten(1), bias_)
        .view({x.size(0), x.size(2), x.size(3), options_.out})
        .permute({0, 3, 1, 2});
  }
  if (winograd_ && HasWinograd(x)) return WinogradConvolution(x, used_, bias_);
  if (used_.size(1) == weight_.size(1)) {
    return at::conv2d(x, used_, bias_, options_.stride, padding_);
  }
  TORCH_CHECK(ChannelsAreOne(x),
              "The model was rewritten for grey images; this one has colours.");
  return at::conv2d(x.narrow(1, 0, 1), used_, bias_, options_.stride, padding_);
}

at::Tensor Conv2d::ForwardWhole(const at::Tensor& x) const {
  const int64_t pixels = whole_[0] * whole_[1];
  const at::Tensor rows = x.permute({0, 2, 3, 1}).flatten(1);
  const at::Tensor matrix =
      pixels == 1 && used_.size(2) == x.size(2) && used_.size(3) == x.size(3)
          ? used_.permute({0, 2, 3, 1}).flatten(1)
          : WholeMap::apply(used_, options_.stride, padding_[0], padding_[1],
                            x.size(2), x.size(3), whole_[0], whole_[1]);
  const at::Tensor bias = bias_.defined() ? bias_.repeat(pixels) : bias_;
  return Affine(rows, matrix, bias)
      .view({x.size(0), whole_[0], whole_[1], options_.out})
      .permute({0, 3, 1, 2});
}

Rewritten Conv2d::Rewrite(const RewriteRules& rules) {
  Rewritten done;
  const std::optional<std::array<int64_t, 2>> map = seen_.Fix();
  if (!map) return done;
  if (rules.sums && options_.in > 1 && seen_.channels_are_one()) {
    done.reduction = Reduction::Copies(
        absl::StrCat("its inputs are ", options_.in, " copies of one channel"),
        weight_, options_.out, options_.in,
        {options_.out, 1, options_.kernel, options_.kernel});
    used_ = done.reduction->reduced();
    return done;
  }
  if (rules.taps) {
    done.reduction = LeaveOutTaps(*map);
    if (done.reduction) used_ = done.reduction->reduced();
  }
  std::array<int64_t, 2> outputs;
  bool whole = true;
  for (int i = 0; i < 2; ++i) {
    const int64_t size = (*map)[i], kernel = used_.size(2 + i);
    outputs[i] = (size + 2 * padding_[i] - kernel) / options_.stride + 1;
    // Output o meets pixels o * stride - padding up to there + kernel - 1.
    const int64_t last = (outputs[i] - 1) * options_.stride - padding_[i];
    whole = whole && last <= 0 && kernel - padding_[i] >= size;
  }
  const int64_t pixels = outputs[0] * outputs[1];
  if (whole && pixels * (*map)[0] * (*map)[1] <= kLargestWhole) {
    whole_ = outputs;
    done.how = absl::StrCat("each output sees the whole ", (*map)[0], "x",
                            (*map)[1], " map: one matrix product");
  } else if (used_.is_cpu() && options_.kernel == 1 && options_.stride == 1 &&
             options_.padding == 0 &&
             (*map)[0] * (*map)[1] <= kLargestPixelwise) {
    pixelwise_ = true;
    done.how = absl::StrCat("each of the ", (*map)[0], "x", (*map)[1],
                            " pixels by itself: one matrix product");
  } else if (used_.is_cpu() && options_.kernel == 3 && options_.stride == 1 &&
             options_.padding == 1 && !done.reduction &&
             WinogradIsFaster(options_.in, options_.out, (*map)[0],
                              (*map)[1])) {
    winograd_ = true;
    done.how =
        "16 products for each 2x2 outputs in place of 36: Winograd's F(2x2, "
        "3x3)";
  }
  return done;
}

// Of a kernel's row of taps, tap k meets pixel o * stride - padding + k for
// each output o; it lives if one of them is a pixel of the image.
std::optional<Reduction> Conv2d::LeaveOutTaps(
    const std::array<int64_t, 2>& map) {
  std::array<Range, 2> live;
  std::array<int64_t, 2> padding;
  for (int i = 0; i < 2; ++i) {
    const int64_t size = map[i];
    const auto outputs = [&](int64_t kernel, int64_t pad) {
      return (size + 2 * pad - kernel) / options_.stride + 1;
    };
    const int64_t count = outputs(options_.kernel, options_.padding);
    int64_t first = options_.kernel, end = 0;
    for (int64_t k = 0; k < options_.kernel; ++k) {
      for (int64_t o = 0; o < count; ++o) {
        const int64_t pixel = o * options_.stride - options_.padding + k;
        if (pixel < 0 || pixel >= size) continue;
        first = std::min(first, k);
        end = std::max(end, k + 1);
      }
    }
    live[i] = {first, end - first};
    padding[i] = options_.padding - first;
    // The same outputs, from the same pixels, with less padding on both sides.
    if (padding[i] < 0 || outputs(live[i].size, padding[i]) != count) {
      return std::nullopt;
    }
  }
  const int64_t taps = options_.kernel * options_.kernel;
  const int64_t living = live[0].size * live[1].size;
  if (living == taps) return std::nullopt;
  padding_ = padding;
  return Reduction::Taps(
      absl::StrCat(living, " of ", taps, " taps touch the image"), weight_,
      live[0], live[1]);
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
  seen_.See(x);
  const bool summed = !used_.is_same(weight_);
  return Affine(
      (summed ? x : at::adaptive_avg_pool2d(x, {side_, side_})).flatten(1),
      used_, bias_);
}

// Of a map of one pixel every cell is a copy.
Rewritten PooledLinear::Rewrite(const RewriteRules& rules) {
  Rewritten done;
  const std::optional<std::array<int64_t, 2>> map = seen_.Fix();
  if (!rules.sums || map != std::array<int64_t, 2>{1, 1}) return done;
  const int64_t cells = side_ * side_, out = weight_.size(0),
                channels = weight_.size(1) / cells;
  done.reduction = Reduction::Copies(
      absl::StrCat("its inputs are ", cells, " copies of one pixel"), weight_,
      out * channels, cells, {out, channels});
  used_ = done.reduction->reduced();
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
    num_batches_tracked_.add_(1);
  }
  return at::batch_norm(x, weight_, bias_, running_mean_, running_var_,
                        is_training(), /*momentum=*/0.1, /*eps=*/1e-5,
                        /*cudnn_enabled=*/true);
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
