// my_net: `depth` hidden layers of 64 tanh units.
#include <ATen/ops/tanh.h>
#include <torch/nn/modules/linear.h>

#include "absl/strings/str_cat.h"
#include "models/model.h"

namespace {

class MyNet final : public nclab::Model {
 public:
  MyNet(int64_t inputs, int64_t depth, int64_t classes) {
    for (int64_t i = 1; i <= depth; ++i) {
      names_.push_back(absl::StrCat("hidden", i));
      hidden_.push_back(register_module(
          names_.back(), torch::nn::Linear(i == 1 ? inputs : kWidth, kWidth)));
    }
    head_ = register_module("head", torch::nn::Linear(kWidth, classes));
  }

  at::Tensor Forward(const at::Tensor& x, nclab::Taps& taps) override {
    at::Tensor h = x.flatten(1);
    for (size_t i = 0; i < hidden_.size(); ++i) {
      h = at::tanh(hidden_[i](h));
      taps(names_[i], h);
    }
    taps("features", h);
    return head_(h);
  }

  std::vector<nclab::LayerInfo> layers() const override {
    std::vector<nclab::LayerInfo> layers;
    for (const std::string& name : names_) layers.push_back({name, kWidth});
    layers.push_back({"features", kWidth});
    return layers;
  }

  std::string head() const override { return "head"; }

 private:
  static constexpr int64_t kWidth = 64;

  std::vector<std::string> names_;
  std::vector<torch::nn::Linear> hidden_;
  torch::nn::Linear head_{nullptr};
};

NCLAB_REGISTER_MODEL(
    {.name = "my_net",
     .summary = "tanh layers of 64 units",
     .reference = "nclab, tools/plugin_example/my_net.cc",
     .params = {nclab::IntParam("depth", 2, "hidden layers", 1, 100)}},
    [](const nclab::Params& params, const nclab::ModelInput& input) {
      return std::make_shared<MyNet>(nclab::SampleSize(input),
                                     params.Int("depth"), input.classes);
    });

}  // namespace
