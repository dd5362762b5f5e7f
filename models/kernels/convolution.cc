// The ways in which a convolution is computed, and where which is the fastest.
#include <ATen/ops/conv2d.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

#include <vector>

#include "absl/strings/str_cat.h"
#include "models/kernels/kernels.h"
#include "models/kernels/winograd.h"

namespace nclab {
namespace {

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
                  [](const at::Tensor& part, const at::Tensor& block) {
                    block.copy_(part);
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
                  [](const at::Tensor& part, const at::Tensor& block) {
                    part.add_(block);
                  });
    return {weight, {}, {}, {}, {}, {}, {}, {}};
  }

 private:
  struct Shape {
    int64_t stride, top, left, height, width, out_height, out_width;

    // visit(the part of the kernel that an output pixel uses, its block), both
    // [out, i, j, in].
    template <typename Visit>
    void ForEach(const at::Tensor& weight, const at::Tensor& blocks,
                 const Visit& visit) const {
      const at::Tensor kernel = weight.permute({0, 2, 3, 1});
      for (int64_t y = 0; y < out_height; ++y) {
        for (int64_t x = 0; x < out_width; ++x) {
          visit(kernel.narrow(1, top - y * stride, height)
                    .narrow(2, left - x * stride, width),
                blocks.select(0, y).select(0, x));
        }
      }
    }
  };
};

// Each pixel by itself: the kernel is one position.
at::Tensor ByPixels(const at::Tensor& x, const at::Tensor& weight,
                    const at::Tensor& bias) {
  return Affine(x.permute({0, 2, 3, 1}).reshape({-1, x.size(1)}),
                weight.flatten(1), bias)
      .view({x.size(0), x.size(2), x.size(3), weight.size(0)})
      .permute({0, 3, 1, 2});
}

}  // namespace

void Convolution::ChooseFor(const at::Tensor& weight, int64_t height,
                            int64_t width) {
  const std::array<int64_t, 2> map = {height, width};
  const auto is = [&](int64_t kernel, int64_t padding) {
    return weight.size(2) == kernel && weight.size(3) == kernel &&
           stride_ == 1 && padding_ == std::array<int64_t, 2>{padding, padding};
  };
  bool whole = true;
  for (int i = 0; i < 2; ++i) {
    const int64_t kernel = weight.size(2 + i);
    outputs_[i] = (map[i] + 2 * padding_[i] - kernel) / stride_ + 1;
    // Output o meets pixels o * stride - padding up to there + kernel - 1.
    const int64_t last = (outputs_[i] - 1) * stride_ - padding_[i];
    whole = whole && last <= 0 && kernel - padding_[i] >= map[i];
  }
  // The weight itself is the matrix: nothing is copied. Elsewhere building it
  // is a copy for each output pixel, and back, which costs a GPU more than it
  // gains: 27 small kernels a step of ResNet18, 432 of DenseNet201.
  weight_is_matrix_ = outputs_ == std::array<int64_t, 2>{1, 1} &&
                      weight.size(2) == height && weight.size(3) == width;
  const int64_t pixels = height * width;
  const std::string size = absl::StrCat(height, "x", width);
  if (whole && (weight_is_matrix_ || weight.is_cpu()) &&
      outputs_[0] * outputs_[1] * pixels <= kLargestWhole) {
    way_ = Way::kWholeMap;
    how_ = absl::StrCat("each output sees the whole ", size,
                        " map: one matrix product");
  } else if (weight.is_cpu() && is(1, 0) && pixels <= kLargestPixelwise) {
    way_ = Way::kPixelwise;
    how_ = absl::StrCat("each of the ", size,
                        " pixels by itself: one matrix product");
  } else if (weight.is_cpu() && is(3, 1) &&
             WinogradIsFaster(weight.size(1), weight.size(0), height, width)) {
    way_ = Way::kWinograd;
    how_ =
        "16 products for each 2x2 outputs in place of 36: Winograd's F(2x2, "
        "3x3)";
  }
}

at::Tensor Convolution::operator()(const at::Tensor& x,
                                   const at::Tensor& weight,
                                   const at::Tensor& bias) const {
  switch (way_) {
    case Way::kWholeMap:
      return ByWholeMap(x, weight, bias);
    case Way::kPixelwise:
      return ByPixels(x, weight, bias);
    case Way::kWinograd:
      if (HasWinograd(x)) return WinogradConvolution(x, weight, bias);
      break;
    case Way::kLibTorch:
      break;
  }
  return at::conv2d(x, weight, bias, stride_, padding_);
}

at::Tensor Convolution::ByWholeMap(const at::Tensor& x,
                                   const at::Tensor& weight,
                                   const at::Tensor& bias) const {
  const int64_t pixels = outputs_[0] * outputs_[1];
  const at::Tensor rows = x.permute({0, 2, 3, 1}).flatten(1);
  const at::Tensor matrix =
      weight_is_matrix_
          ? weight.permute({0, 2, 3, 1}).flatten(1)
          : WholeMap::apply(weight, stride_, padding_[0], padding_[1],
                            x.size(2), x.size(3), outputs_[0], outputs_[1]);
  return Affine(rows, matrix, bias.defined() ? bias.repeat(pixels) : bias)
      .view({x.size(0), outputs_[0], outputs_[1], weight.size(0)})
      .permute({0, 3, 1, 2});
}

}  // namespace nclab
