// Products and convolutions of numbers, each by the fastest way at hand. A
// layer asks here, and knows nothing of processors, libraries or formulas.
#ifndef NCLAB_MODELS_KERNELS_KERNELS_H_
#define NCLAB_MODELS_KERNELS_KERNELS_H_

#include <ATen/core/Tensor.h>

#include <array>
#include <cstdint>
#include <string>

namespace nclab {

// Whose products: what LibTorch takes by itself (MKL), or oneDNN.
enum class ProductsOf { kLibTorch, kOneDnn };

// Of Affine(), in fp32 on this CPU: LibTorch's on Intel's processors, oneDNN's
// on others, where MKL takes older kernels (docs/performance.md). Nothing is
// timed, so that a run's bytes depend on the processor alone.
ProductsOf ProductsHere();

// As at::linear(x, weight, bias), with gradients, by ProductsHere(). x: [B,
// in], weight [out, in], bias [out] or undefined.
at::Tensor Affine(const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias);

// The same by `products`, whatever the processor. In fp32 on the CPU.
at::Tensor AffineBy(ProductsOf products, const at::Tensor& x,
                    const at::Tensor& weight, const at::Tensor& bias);

// A convolution, and the way in which it is computed.
class Convolution {
 public:
  // LibTorch's, for maps of any size. `padding`: on both sides, of rows and of
  // columns.
  Convolution(int64_t stride, std::array<int64_t, 2> padding)
      : stride_(stride), padding_(padding) {}

  // Chooses the fastest way for maps of height x width, by `weight` [out, in,
  // kernel height, kernel width], on the device where that lies.
  void ChooseFor(const at::Tensor& weight, int64_t height, int64_t width);

  // As at::conv2d(x, weight, bias), with gradients. x: [B, in, H, W], of the
  // size that was chosen for, if any; bias [out] or undefined.
  at::Tensor operator()(const at::Tensor& x, const at::Tensor& weight,
                        const at::Tensor& bias) const;

  int64_t stride() const { return stride_; }
  const std::array<int64_t, 2>& padding() const { return padding_; }
  // The way, for people; "" if it is LibTorch's.
  const std::string& how() const { return how_; }

 private:
  enum class Way { kLibTorch, kWholeMap, kPixelwise, kWinograd };

  at::Tensor ByWholeMap(const at::Tensor& x, const at::Tensor& weight,
                        const at::Tensor& bias) const;

  int64_t stride_;
  std::array<int64_t, 2> padding_;
  Way way_ = Way::kLibTorch;
  std::array<int64_t, 2> outputs_ = {0, 0};  // of kWholeMap: height, width
  bool weight_is_matrix_ = false;            // of kWholeMap
  std::string how_;
};

}  // namespace nclab

#endif  // NCLAB_MODELS_KERNELS_KERNELS_H_
