// convnet: a small convolutional network for quick experiments.
//
// `depth` blocks of a 3x3 convolution, batch normalisation, ReLU and pooling by
// two; block i has width * 2^(i-1) channels. Then the average over the image
// and one Linear.
//
// Layers: conv1, conv2, ... after the pooling, averaged over the image;
// features, the last of them, the input of the Linear `head`.
#include <ATen/ops/max_pool2d.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "models/layers/layers.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

class ConvNet final : public Model {
 public:
  ConvNet(int64_t width, int64_t depth, const ModelInput& input) {
    int64_t in = input.shape[0];
    for (int64_t i = 0; i < depth; ++i) {
      const int64_t out = width << i;
      const std::string name = absl::StrCat("conv", i + 1);
      convs_.push_back(
          AddLayer(*this, name,
                   std::make_shared<Conv2d>(Conv2dOptions{in, out, 3, 1, 1},
                                            Init::kFanIn)));
      norms_.push_back(AddLayer(*this, absl::StrCat("bn", i + 1),
                                std::make_shared<BatchNorm2d>(out)));
      layers_.push_back({name, out});
      in = out;
    }
    layers_.push_back({"features", in});
    head_ = AddLayer(*this, "head",
                     std::make_shared<Linear>(in, input.classes, Init::kUniform,
                                              /*zero_bias=*/false));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x, features;
    for (size_t i = 0; i < convs_.size(); ++i) {
      h = norms_[i]->Forward(convs_[i]->Forward(h)).relu_();
      h = at::max_pool2d(h, 2, 2);
      if (i + 1 == convs_.size()) features = h.mean({2, 3});
      taps(layers_[i].name, features.defined() ? features : h);
    }
    taps("features", features);
    return head_->Forward(features);
  }

  std::vector<LayerInfo> layers() const override { return layers_; }
  std::string head() const override { return "head"; }

 private:
  std::vector<std::shared_ptr<Conv2d>> convs_;
  std::vector<std::shared_ptr<BatchNorm2d>> norms_;
  std::vector<LayerInfo> layers_;
  std::shared_ptr<Linear> head_;
};

NCLAB_REGISTER_MODEL(
    {.name = "convnet",
     .summary = "small convolutional network with batch normalisation",
     .reference = "own; for quick experiments",
     .params = {IntParam("width", 32, "channels of the first block", 1, 4096),
                IntParam("depth", 3, "blocks; each halves the image", 1, 8)}},
    [](const Params& params,
       const ModelInput& input) -> absl::StatusOr<std::shared_ptr<Model>> {
      const int64_t depth = params.Int("depth");
      NCLAB_RETURN_IF_ERROR(CheckImages(input, int64_t{1} << depth));
      double weights = 0;
      double in = static_cast<double>(input.shape[0]);
      for (int64_t i = 0; i < depth; ++i) {
        const double out = static_cast<double>(params.Int("width") << i);
        weights += 9 * in * out;
        in = out;
      }
      NCLAB_RETURN_IF_ERROR(
          CheckWeights(weights + in * static_cast<double>(input.classes)));
      return std::make_shared<ConvNet>(params.Int("width"), depth, input);
    });

}  // namespace
}  // namespace nclab
