// 3x3 convolutions in fewer products: Winograd's minimal filtering F(2x2, 3x3).
#ifndef NCLAB_MODELS_KERNELS_WINOGRAD_H_
#define NCLAB_MODELS_KERNELS_WINOGRAD_H_

#include <ATen/core/Tensor.h>

#include <cstdint>

namespace nclab {

// As at::conv2d(x, weight, bias) with stride 1 and padding 1, with gradients.
// x: [B, in, H, W], H and W even; weight [out, in, 3, 3]; bias [out] or
// undefined; fp32 or fp64 on the CPU. The result is channels-last.
//
// A tile of 2x2 outputs sees 4x4 inputs d. With
//         1  0 -1  0          1    0    0
//   B^T = 0  1  1  0      G = 1/2  1/2  1/2    A^T = 1  1  1  0
//         0 -1  1  0          1/2 -1/2  1/2          0  1 -1 -1
//         0  1  0 -1          0    0    1
// y = A^T ((G g G^T) . (B^T d B)) A (. by elements) is the convolution of d
// with the kernel g (Lavin and Gray 2016, section 4.1): 16 products for 4
// outputs in place of 36, summed over the channels as 16 matrix products. The
// gradients are those of this formula:
//   dM = A dy A^T, dx = B (dM . U) B^T summed where tiles overlap, dg = G^T (dM
//   . V) G, where U and V are the transformed kernel and input.
// The transforms only add, subtract and halve, so the error is that of a few
// more roundings. The bytes do not depend on the number of threads.
at::Tensor WinogradConvolution(const at::Tensor& x, const at::Tensor& weight,
                               const at::Tensor& bias);

// Whether it takes `x`: a type that it has, and no autocast.
bool HasWinograd(const at::Tensor& x);

// Whether that is faster than LibTorch's, for maps of height x width on the
// CPU (docs/performance.md).
bool WinogradIsFaster(int64_t in, int64_t out, int64_t height, int64_t width);

}  // namespace nclab

#endif  // NCLAB_MODELS_KERNELS_WINOGRAD_H_
