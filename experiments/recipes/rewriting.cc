#include "experiments/recipes/rewriting.h"

#include <ATen/ops/index_select.h>

namespace nclab {

Rewriting RewriteFor(const RunSpec& spec, bool wanted, Model& model,
                     const at::Tensor& samples) {
  if (!wanted) return {{}, "--rewrite=off"};
  RewriteRules rules;
  std::string left_out;
  if (!spec.init_from.empty()) {
    rules.sums = false;
    left_out = "sums of copies: the run starts from another's weights";
  }
  if (spec.weight_decay != 0) {
    rules = {/*taps=*/false, /*sums=*/false};
    left_out =
        "dead taps and sums of copies: weight decay also shrinks what no "
        "gradient reaches";
  }
  return {Rewrites::Of(model, samples.slice(0, 0, 1), rules), left_out};
}

bool UseChannelsLast(const std::vector<NamedTensor>& parameters) {
  bool any = false;
  for (const auto& [name, tensor] : parameters) {
    if (tensor.dim() != 4) continue;
    tensor.set_data(tensor.detach().contiguous(at::MemoryFormat::ChannelsLast));
    any = true;
  }
  return any;
}

at::Tensor Gather(const at::Tensor& samples, const at::Tensor& index) {
  if (samples.dim() == 4 && samples.size(1) > 1 && ChannelsAreOne(samples)) {
    return samples.narrow(1, 0, 1).index_select(0, index).expand(
        {-1, samples.size(1), -1, -1});
  }
  return samples.index_select(0, index);
}

}  // namespace nclab
