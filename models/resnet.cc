// resnet18, resnet34, resnet50, resnet101: residual networks, with the names,
// shapes and initial weights of torchvision's.
//
// He et al. 2015, arXiv 1512.03385. The stride of a bottleneck is in its 3x3
// convolution ("v1.5"), as torchvision has it.
//
// Layers: layer1 ... layer4, averaged over the image, and features, which is
// layer4: the input of the last Linear, `fc`.
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

// One size of the family: a line of data.
struct Size {
  std::array<int64_t, 4> blocks;  // of each stage
  bool bottleneck;  // 1x1, 3x3, 1x1 with 4 times the channels; or 3x3, 3x3
};

class ResNet final : public Model {
 public:
  ResNet(const Size& size, int64_t width, bool cifar_stem,
         const ModelInput& input)
      : pooled_stem_(!cifar_stem) {
    const int64_t expansion = size.bottleneck ? 4 : 1;
    conv1_ = AddConv(
        "conv1", cifar_stem ? Conv2dOptions{input.shape[0], width, 3, 1, 1}
                            : Conv2dOptions{input.shape[0], width, 7, 2, 3});
    bn1_ = AddLayer(*this, "bn1", std::make_shared<BatchNorm2d>(width));
    int64_t in = width;
    for (int stage = 0; stage < 4; ++stage) {
      const int64_t inner = width << stage;
      std::vector<Block> blocks;
      for (int64_t i = 0; i < size.blocks[stage]; ++i) {
        const int64_t stride = stage > 0 && i == 0 ? 2 : 1;
        blocks.push_back(AddBlock(absl::StrCat("layer", stage + 1, ".", i, "."),
                                  in, inner, stride, size.bottleneck));
        in = inner * expansion;
      }
      stages_.push_back(std::move(blocks));
      layers_.push_back({absl::StrCat("layer", stage + 1), in});
    }
    layers_.push_back({"features", in});
    fc_ = AddLayer(*this, "fc",
                   std::make_shared<Linear>(in, input.classes, Init::kUniform,
                                            /*zero_bias=*/false));
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = bn1_->Forward(conv1_->Forward(x)).relu_();
    if (pooled_stem_) h = at::max_pool2d(h, 3, 2, 1);
    at::Tensor features;
    for (size_t stage = 0; stage < stages_.size(); ++stage) {
      for (const Block& block : stages_[stage]) h = ForwardBlock(block, h);
      if (stage + 1 == stages_.size()) features = h.mean({2, 3});
      taps(layers_[stage].name, features.defined() ? features : h);
    }
    taps("features", features);
    return fc_->Forward(features);
  }

  std::vector<LayerInfo> layers() const override { return layers_; }
  std::string head() const override { return "fc"; }

 private:
  using Unit = std::pair<std::shared_ptr<Conv2d>, std::shared_ptr<BatchNorm2d>>;
  struct Block {
    std::vector<Unit> units;
    Unit downsample;  // null: the identity
  };

  std::shared_ptr<Conv2d> AddConv(const std::string& path,
                                  const Conv2dOptions& options) {
    return AddLayer(*this, path,
                    std::make_shared<Conv2d>(options, Init::kFanOut));
  }

  Unit AddUnit(const std::string& conv, const std::string& bn,
               const Conv2dOptions& options) {
    auto layer = AddConv(conv, options);
    return {std::move(layer),
            AddLayer(*this, bn, std::make_shared<BatchNorm2d>(options.out))};
  }

  Block AddBlock(const std::string& path, int64_t in, int64_t inner,
                 int64_t stride, bool bottleneck) {
    const int64_t out = bottleneck ? 4 * inner : inner;
    std::vector<Conv2dOptions> convs;
    if (bottleneck) {
      convs = {{in, inner, 1}, {inner, inner, 3, stride, 1}, {inner, out, 1}};
    } else {
      convs = {{in, inner, 3, stride, 1}, {inner, out, 3, 1, 1}};
    }
    Block block;
    for (size_t i = 0; i < convs.size(); ++i) {
      block.units.push_back(AddUnit(absl::StrCat(path, "conv", i + 1),
                                    absl::StrCat(path, "bn", i + 1), convs[i]));
    }
    if (stride != 1 || in != out) {
      block.downsample = AddUnit(path + "downsample.0", path + "downsample.1",
                                 {in, out, 1, stride});
    }
    return block;
  }

  static at::Tensor ForwardUnit(const Unit& unit, const at::Tensor& x) {
    return unit.second->Forward(unit.first->Forward(x));
  }

  static at::Tensor ForwardBlock(const Block& block, const at::Tensor& x) {
    at::Tensor h = x;
    for (size_t i = 0; i < block.units.size(); ++i) {
      h = ForwardUnit(block.units[i], h);
      if (i + 1 < block.units.size()) h.relu_();
    }
    h += block.downsample.first ? ForwardUnit(block.downsample, x) : x;
    return h.relu_();
  }

  bool pooled_stem_;
  std::shared_ptr<Conv2d> conv1_;
  std::shared_ptr<BatchNorm2d> bn1_;
  std::vector<std::vector<Block>> stages_;
  std::vector<LayerInfo> layers_;
  std::shared_ptr<Linear> fc_;
};

ModelInfo Info(const char* name, const char* summary) {
  return {.name = name,
          .summary = summary,
          .reference = "arXiv 1512.03385; torchvision's",
          .params = {
              IntParam("width", 64, "channels of the first stage", 1, 4096),
              StringParam("stem", "imagenet",
                          "imagenet: 7x7 by 2, then pooling by 2; cifar: 3x3",
                          {"imagenet", "cifar"})}};
}

ModelFactory Factory(const Size& size) {
  return [size](const Params& params, const ModelInput& input)
             -> absl::StatusOr<std::shared_ptr<Model>> {
    NCLAB_RETURN_IF_ERROR(CheckImages(input, 1));
    // Without the first block of a stage, whose input is narrower.
    double weights = 0;
    double inner = static_cast<double>(params.Int("width"));
    for (const int64_t blocks : size.blocks) {
      weights += static_cast<double>(blocks - 1) * inner * inner *
                 (size.bottleneck ? 4 + 9 + 4 : 9 + 9);
      inner *= 2;
    }
    const double features = inner / 2 * (size.bottleneck ? 4 : 1);
    NCLAB_RETURN_IF_ERROR(
        CheckWeights(weights + features * static_cast<double>(input.classes)));
    return std::make_shared<ResNet>(size, params.Int("width"),
                                    params.String("stem") == "cifar", input);
  };
}

NCLAB_REGISTER_MODEL(Info("resnet18", "residual network, 18 layers"),
                     Factory({{2, 2, 2, 2}, false}));
NCLAB_REGISTER_MODEL(Info("resnet34", "residual network, 34 layers"),
                     Factory({{3, 4, 6, 3}, false}));
NCLAB_REGISTER_MODEL(Info("resnet50", "residual network, 50 layers"),
                     Factory({{3, 4, 6, 3}, true}));
NCLAB_REGISTER_MODEL(Info("resnet101", "residual network, 101 layers"),
                     Factory({{3, 4, 23, 3}, true}));

}  // namespace
}  // namespace nclab
