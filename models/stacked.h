// Many models of one kind, computed as one: each parameter stacked, [M, ...],
// each product a batch of M.
#ifndef NCLAB_MODELS_STACKED_H_
#define NCLAB_MODELS_STACKED_H_

#include <ATen/core/Tensor.h>

#include <vector>

namespace nclab {

// What a Model also is, if many of its kind can be computed together. It has no
// buffers, draws nothing while it computes, and ModelInfo::stackable says so.
class Stackable {
 public:
  virtual ~Stackable() = default;

  // Logits [M, B, K] of M models of this one's sizes: model m sees x[m] of x,
  // [M, B, ...], with the weights parameters[i][m], in the order of
  // parameters(). What m's logits are does not depend on the others; with
  // gradients.
  virtual at::Tensor ForwardStacked(
      const at::Tensor& x, const std::vector<at::Tensor>& parameters) const = 0;
};

}  // namespace nclab

#endif  // NCLAB_MODELS_STACKED_H_
