// x W^T + b, by the fastest products at hand.
#ifndef NCLAB_MODELS_KERNELS_AFFINE_H_
#define NCLAB_MODELS_KERNELS_AFFINE_H_

#include <ATen/core/Tensor.h>

namespace nclab {

// Whose products: what LibTorch takes by itself (MKL), or oneDNN.
enum class ProductsOf { kLibTorch, kOneDnn };

// The rule, for fp32 on the CPU, for all three products of a layer (forward,
// gradients of input and of weight) and all shapes: LibTorch's on Intel's
// processors, oneDNN's on others, where MKL takes older kernels
// (docs/performance.md). Nothing is timed, so that a run's bytes depend on the
// processor alone. LibTorch's, too, where it has no operator `name` of the
// schema that gives access to oneDNN: it is private.
ProductsOf ChooseProducts(bool intel, const char* name);

// By ChooseProducts() on this processor.
ProductsOf ProductsHere();

// As at::linear(x, weight, bias), with gradients, by ProductsHere(). x: [B,
// in], weight [out, in], bias [out] or undefined.
at::Tensor Affine(const at::Tensor& x, const at::Tensor& weight,
                  const at::Tensor& bias);

// The same by `products`, whatever the processor. In fp32 on the CPU.
at::Tensor AffineBy(ProductsOf products, const at::Tensor& x,
                    const at::Tensor& weight, const at::Tensor& bias);

// a b^T by what Affine() uses, without gradients. a: [m, k], b: [n, k].
at::Tensor Product(const at::Tensor& a, const at::Tensor& b);

}  // namespace nclab

#endif  // NCLAB_MODELS_KERNELS_AFFINE_H_
