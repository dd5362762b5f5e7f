// linear: one Linear on the flattened input. A control: its features are the
// data itself, so their collapse cannot change in training.
#include <torch/nn/modules/linear.h>

#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

class LinearModel final : public Model {
 public:
  LinearModel(int64_t inputs, int64_t classes)
      : inputs_(inputs),
        head_(register_module("head", torch::nn::Linear(inputs, classes))) {}

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    const at::Tensor h = x.flatten(1);
    taps("features", h);
    return head_(h);
  }

  std::vector<LayerInfo> layers() const override {
    return {{"features", inputs_}};
  }

  std::string head() const override { return "head"; }

 private:
  int64_t inputs_;
  torch::nn::Linear head_;
};

NCLAB_REGISTER_MODEL({.name = "linear",
                      .summary = "control: one Linear on the flattened input",
                      .reference = "softmax regression"},
                     [](const Params&, const ModelInput& input)
                         -> absl::StatusOr<std::shared_ptr<Model>> {
                       NCLAB_RETURN_IF_ERROR(
                           CheckWeights(static_cast<double>(SampleSize(input)) *
                                        static_cast<double>(input.classes)));
                       return std::make_shared<LinearModel>(SampleSize(input),
                                                            input.classes);
                     });

}  // namespace
}  // namespace nclab
