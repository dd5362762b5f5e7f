// Training in fewer numbers: when training a reduction of a parameter
// (models/rewrites/reduction.h) is training the parameter.
//
// Let the loss depend on w only through u = A w, where the rows of A are
// orthonormal; let B complete them to an orthogonal matrix. Then the gradient
// is g = A^T g_u, and SGD with momentum, v' = m v + g, w' = w - lr v', falls
// apart into
//   (A v)' = m (A v) + g_u,  (A w)' = A w - lr (A v)'   SGD on u,
//   (B v)' = m (B v),        (B w)' = B w - lr (B v)'   v = 0 stays 0, B w too.
// So training u alone and writing w = w_0 + A^T (u - u_0) where somebody wants
// to see w is the same training, but for rounding. Of positions of a kernel u
// are some of the w themselves. Of c copies u = s / sqrt(c), and in terms of
// their sum s: g_s = g_u / sqrt(c) is the gradient of each w_b, v_s = m v_s +
// g_s its momentum, and s' = s - c lr v_s: c times the step.
//
// Both hold for every update that looks at each number by itself, at its
// gradients alone, and does nothing where they are 0, as Adam's: the other
// positions stay, and all copies, whose gradients are g_s, move alike, by some
// d: s' = s + c d, c times the step again. Not for one that looks at several
// numbers at once, as at a norm.
//
// With weight decay B w would shrink as well; that is not offered.
#ifndef NCLAB_EXPERIMENTS_RECIPES_REDUCTIONS_H_
#define NCLAB_EXPERIMENTS_RECIPES_REDUCTIONS_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "models/named_tensors.h"
#include "models/rewrites/rewrites.h"
#include "tools/base/registry/params.h"

namespace nclab {

// What may be reduced in a run.
struct HoldingReductions {
  ReductionKinds kinds;
  std::string left_out;  // what may not, and why; "" if all may
};

// What an optimizer says that looks at each number's gradients alone, and has a
// parameter weight_decay: both hold without.
HoldingReductions ReductionsWithoutDecay(const Params& params);

// Of what holds under a run's optimizer, what holds in the run. Sums of copies
// for new weights only (`from_another`: they are another run's): a resume finds
// those again from the seed, and with them the copies' differences, to the last
// bit.
HoldingReductions ReductionsThatHold(HoldingReductions under_optimizer,
                                     bool from_another);

// By which the learning rate is multiplied, for each of `parameters`.
std::vector<double> StepScales(const Rewrites& rewrites,
                               const NamedTensors& parameters);

// One of an optimizer's states, a tensor for each of `parameters`, in full
// shape, and back into `state`, exactly. Those that are not of their
// parameter's shape stay as they are.
std::vector<at::Tensor> FullState(const Rewrites& rewrites,
                                  const NamedTensors& parameters,
                                  const std::vector<at::Tensor>& state);
void ReduceState(const Rewrites& rewrites, const NamedTensors& parameters,
                 const std::vector<at::Tensor>& full,
                 const std::vector<at::Tensor>& state);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_REDUCTIONS_H_
