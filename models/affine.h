// x W^T + b, by the fastest products at hand.
#ifndef NCLAB_MODELS_AFFINE_H_
#define NCLAB_MODELS_AFFINE_H_

#include <ATen/core/Tensor.h>

namespace nclab {

// As at::linear(x, weight, bias), with gradients. x: [B, in], weight [out, in],
// bias [out] or undefined.
//
// In fp32 on processors that are not Intel's the products are oneDNN's: there
// MKL, LibTorch's own, takes older kernels (docs/performance.md). Which ones
// depends on the processor alone, so that a run's bytes do.
at::Tensor Affine(const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias);

// The same by oneDNN whatever the processor; fp32 on the CPU.
at::Tensor AffineByOneDnn(const at::Tensor& x, const at::Tensor& weight,
                          const at::Tensor& bias);

// a b^T by what Affine() uses, without gradients. a: [m, k], b: [n, k].
at::Tensor Product(const at::Tensor& a, const at::Tensor& b);

}  // namespace nclab

#endif  // NCLAB_MODELS_AFFINE_H_
