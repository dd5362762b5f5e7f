// What Affine() is made of; see kernels.h.
#ifndef NCLAB_MODELS_KERNELS_AFFINE_H_
#define NCLAB_MODELS_KERNELS_AFFINE_H_

#include <ATen/core/Tensor.h>

#include "models/kernels/kernels.h"

namespace nclab {

// The rule of ProductsHere(), for all three products of a layer (forward,
// gradients of input and of weight) and all shapes. LibTorch's, too, where it
// has no operator `name` of the schema that gives access to oneDNN: it is
// private.
ProductsOf ChooseProducts(bool intel, const char* name);

// a b^T by what Affine() uses, without gradients. a: [m, k], b: [n, k].
at::Tensor Product(const at::Tensor& a, const at::Tensor& b);

}  // namespace nclab

#endif  // NCLAB_MODELS_KERNELS_AFFINE_H_
