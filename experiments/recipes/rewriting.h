// Which exact rewrites a run uses: models/rewrites/rewrites.h, as far as the
// spec allows.
#ifndef NCLAB_EXPERIMENTS_RECIPES_REWRITING_H_
#define NCLAB_EXPERIMENTS_RECIPES_REWRITING_H_

#include <ATen/core/Tensor.h>

#include <string>
#include <vector>

#include "experiments/spec/run_spec.h"
#include "models/model.h"
#include "models/rewrites/rewrites.h"

namespace nclab {

struct Rewriting {
  Rewrites rewrites;
  std::string left_out;  // why there is none; empty if nothing was left out
};

// Rewrites `model`, whose weights are in place, for samples [N, ...] like
// `samples`. Leaves it alone if `wanted` is false. Nothing is trained in fewer
// numbers if the spec has weight decay, which also shrinks what no gradient
// reaches. Sums of copies are for
// new weights only: a resume finds those again from the seed, and with them the
// copies' differences, to the last bit.
Rewriting RewriteFor(const RunSpec& spec, bool wanted, Model& model,
                     const at::Tensor& samples);

// Puts the weights of convolutions among `parameters` into channels-last
// memory, for which there are faster kernels (docs/performance.md). Values and
// names stay. Returns whether there were any.
bool UseChannelsLast(const std::vector<NamedTensor>& parameters);

// Samples `index` of `samples` [N, ...]. Channels that are one in memory (a
// grey image, repeated) stay one.
at::Tensor Gather(const at::Tensor& samples, const at::Tensor& index);

}  // namespace nclab

#endif  // NCLAB_EXPERIMENTS_RECIPES_REWRITING_H_
