// mlp: a fully connected network, `depth` hidden layers of `width` ReLU units.
//
// Layers: fc1 ... fcN after the ReLU, fc1.pre ... fcN.pre before it, and
// features, which is fcN: the input of the last Linear, `head`.
// Figure 6 and the left of figure 5 use width 1024, depth 3.
#include <ATen/ops/relu.h>
#include <torch/nn/modules/linear.h>

#include "absl/strings/str_cat.h"
#include "models/kernels/kernels.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

class Mlp final : public Model {
 public:
  Mlp(int64_t inputs, int64_t width, int64_t depth, int64_t classes)
      : width_(width) {
    for (int64_t i = 0; i < depth; ++i) {
      names_.push_back(absl::StrCat("fc", i + 1));
      pre_names_.push_back(names_.back() + ".pre");
      hidden_.push_back(register_module(
          names_.back(), torch::nn::Linear(i == 0 ? inputs : width, width)));
    }
    head_ = register_module("head", torch::nn::Linear(width, classes));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x.flatten(1);
    for (size_t i = 0; i < hidden_.size(); ++i) {
      h = Affine(h, hidden_[i]->weight, hidden_[i]->bias);
      taps(pre_names_[i], h);
      h = at::relu(h);
      taps(names_[i], h);
    }
    taps("features", h);
    return Affine(h, head_->weight, head_->bias);
  }

  std::vector<LayerInfo> layers() const override {
    std::vector<LayerInfo> layers;
    for (size_t i = 0; i < names_.size(); ++i) {
      layers.push_back({pre_names_[i], width_});
      layers.push_back({names_[i], width_});
    }
    layers.push_back({"features", width_});
    return layers;
  }

  std::string head() const override { return "head"; }

 private:
  int64_t width_;
  std::vector<std::string> names_;
  std::vector<std::string> pre_names_;
  std::vector<torch::nn::Linear> hidden_;
  torch::nn::Linear head_{nullptr};
};

NCLAB_REGISTER_MODEL(
    {.name = "mlp",
     .summary = "fully connected, ReLU, equal hidden layers",
     .reference = "arXiv 2202.08384, sections 4 and 5",
     .params = {IntParam("width", 1024, "units of each hidden layer", 1, 65536),
                IntParam("depth", 3, "number of hidden layers", 1, 64)}},
    [](const Params& params,
       const ModelInput& input) -> absl::StatusOr<std::shared_ptr<Model>> {
      const int64_t width = params.Int("width"), depth = params.Int("depth");
      const double w = static_cast<double>(width);
      NCLAB_RETURN_IF_ERROR(
          CheckWeights(w * (static_cast<double>(SampleSize(input)) +
                            w * static_cast<double>(depth - 1) +
                            static_cast<double>(input.classes))));
      return std::make_shared<Mlp>(SampleSize(input), width, depth,
                                   input.classes);
    });

}  // namespace
}  // namespace nclab
