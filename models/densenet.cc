// densenet121, densenet169, densenet201: densely connected networks, with the
// names, shapes and initial weights of torchvision's.
//
// Huang et al. 2016, arXiv 1608.06993; bottlenecks of four times the growth,
// transitions that halve channels and sides.
//
// Layers: denseblock1 ... denseblock4, averaged over the image (before the
// batch normalisation that follows); features, the input of the last Linear,
// `classifier`: the last map after batch normalisation and ReLU, averaged.
#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "models/layers/layers.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

// One size of the family: the layers of each block.
using Size = std::array<int64_t, 4>;

// The third transition still finds a map of 2x2.
constexpr int64_t kSmallest = 29;
constexpr int64_t kBottleneck = 4;

class DenseNet final : public Model {
 public:
  DenseNet(const Size& size, int64_t growth, const ModelInput& input) {
    int64_t channels = 2 * growth;
    conv0_ =
        AddConv("features.conv0", {input.shape[0], channels, 7, 2, 3, false});
    norm0_ = AddNorm("features.norm0", channels);
    for (size_t block = 0; block < size.size(); ++block) {
      std::vector<DenseLayer> layers;
      for (int64_t i = 0; i < size[block]; ++i) {
        const std::string path = absl::StrCat("features.denseblock", block + 1,
                                              ".denselayer", i + 1, ".");
        const int64_t inner = kBottleneck * growth;
        DenseLayer layer;
        layer.norm1 = AddNorm(path + "norm1", channels);
        layer.conv1 = AddConv(path + "conv1", {channels, inner, 1});
        layer.norm2 = AddNorm(path + "norm2", inner);
        layer.conv2 = AddConv(path + "conv2", {inner, growth, 3, 1, 1});
        layers.push_back(std::move(layer));
        channels += growth;
      }
      blocks_.push_back(std::move(layers));
      layers_.push_back({absl::StrCat("denseblock", block + 1), channels});
      if (block + 1 < size.size()) {
        const std::string path =
            absl::StrCat("features.transition", block + 1, ".");
        Transition transition;
        transition.norm = AddNorm(path + "norm", channels);
        transition.conv = AddConv(path + "conv", {channels, channels / 2, 1});
        transitions_.push_back(std::move(transition));
        channels /= 2;
      }
    }
    norm5_ = AddNorm("features.norm5", channels);
    layers_.push_back({"features", channels});
    classifier_ =
        AddLayer(*this, "classifier",
                 std::make_shared<Linear>(channels, input.classes,
                                          Init::kUniform, /*zero_bias=*/true));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = norm0_->Forward(conv0_->Forward(x)).relu_();
    h = at::max_pool2d(h, 3, 2, 1);
    for (size_t block = 0; block < blocks_.size(); ++block) {
      for (const DenseLayer& layer : blocks_[block]) {
        at::Tensor g = layer.conv1->Forward(layer.norm1->Forward(h).relu_());
        g = layer.conv2->Forward(layer.norm2->Forward(g).relu_());
        // Not of all parts so far: of L layers each part's gradient would be
        // added up from L slices, here it is one sum a layer.
        h = at::cat({h, g}, 1);
      }
      taps(layers_[block].name, h);
      if (block < transitions_.size()) {
        const Transition& transition = transitions_[block];
        h = transition.conv->Forward(transition.norm->Forward(h).relu_());
        h = at::avg_pool2d(h, 2, 2);
      }
    }
    h = norm5_->Forward(h).relu_().mean({2, 3});
    taps("features", h);
    return classifier_->Forward(h);
  }

  std::vector<LayerInfo> layers() const override { return layers_; }
  std::string head() const override { return "classifier"; }

 private:
  struct DenseLayer {
    std::shared_ptr<BatchNorm2d> norm1, norm2;
    std::shared_ptr<Conv2d> conv1, conv2;
  };
  struct Transition {
    std::shared_ptr<BatchNorm2d> norm;
    std::shared_ptr<Conv2d> conv;
  };

  std::shared_ptr<Conv2d> AddConv(const std::string& path,
                                  const Conv2dOptions& options) {
    return AddLayer(*this, path,
                    std::make_shared<Conv2d>(options, Init::kFanIn));
  }
  std::shared_ptr<BatchNorm2d> AddNorm(const std::string& path,
                                       int64_t channels) {
    return AddLayer(*this, path, std::make_shared<BatchNorm2d>(channels));
  }

  std::shared_ptr<Conv2d> conv0_;
  std::shared_ptr<BatchNorm2d> norm0_, norm5_;
  std::vector<std::vector<DenseLayer>> blocks_;
  std::vector<Transition> transitions_;
  std::vector<LayerInfo> layers_;
  std::shared_ptr<Linear> classifier_;
};

ModelInfo Info(const char* name, const char* summary) {
  return {
      .name = name,
      .summary = summary,
      .reference = "arXiv 1608.06993; torchvision's",
      .params = {IntParam(
          "growth", 32,
          "channels that a layer adds; the stem has twice as many", 1, 4096)}};
}

ModelFactory Factory(const Size& size) {
  return [size](const Params& params, const ModelInput& input)
             -> absl::StatusOr<std::shared_ptr<Model>> {
    NCLAB_RETURN_IF_ERROR(CheckImages(input, kSmallest));
    const double growth = static_cast<double>(params.Int("growth"));
    double weights = 0;
    double channels = 2 * growth;
    for (const int64_t layers : size) {
      for (int64_t i = 0; i < layers; ++i) {
        weights += kBottleneck * growth * (channels + 9 * growth);
        channels += growth;
      }
      channels /= 2;
    }
    NCLAB_RETURN_IF_ERROR(CheckWeights(
        weights + 2 * channels * static_cast<double>(input.classes)));
    return std::make_shared<DenseNet>(size, params.Int("growth"), input);
  };
}

NCLAB_REGISTER_MODEL(Info("densenet121", "dense blocks, 121 layers"),
                     Factory({6, 12, 24, 16}));
NCLAB_REGISTER_MODEL(Info("densenet169", "dense blocks, 169 layers"),
                     Factory({6, 12, 32, 32}));
NCLAB_REGISTER_MODEL(Info("densenet201", "dense blocks, 201 layers"),
                     Factory({6, 12, 48, 32}));

}  // namespace
}  // namespace nclab
