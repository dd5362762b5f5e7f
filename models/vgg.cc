// vgg11, vgg13, vgg16, vgg19 and the same with batch normalisation (_bn): with
// the names, shapes and initial weights of torchvision's.
//
// Simonyan and Zisserman 2014, arXiv 1409.1556, configurations A, B, D and E.
//
// Layers: block1 ... block5, the outputs of the five poolings, averaged over
// the image; fc1, the first hidden Linear after the ReLU; features, the second,
// which is the input of the last Linear, `classifier.6`.
#include <ATen/ops/dropout.h>
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

// One size of the family: the convolutions of each block.
using Size = std::array<int64_t, 5>;

// Channels of each block, in widths.
constexpr Size kWidths = {1, 2, 4, 8, 8};

// Side of the map that the classifier expects; smaller ones are repeated.
constexpr int64_t kMap = 7;
// Five halvings leave one pixel.
constexpr int64_t kSmallest = 32;

class Vgg final : public Model {
 public:
  Vgg(const Size& size, bool batch_norm, const Params& params,
      const ModelInput& input)
      : dropout_(params.Float("dropout")) {
    const int64_t width = params.Int("width"), hidden = params.Int("hidden");
    int64_t in = input.shape[0];
    int64_t position = 0;  // in torchvision's list of layers
    for (size_t block = 0; block < size.size(); ++block) {
      const int64_t out = width * kWidths[block];
      std::vector<Unit> units;
      for (int64_t i = 0; i < size[block]; ++i) {
        Unit unit;
        unit.conv =
            AddLayer(*this, absl::StrCat("features.", position++),
                     std::make_shared<Conv2d>(
                         Conv2dOptions{in, out, 3, 1, 1, true}, Init::kFanOut));
        if (batch_norm) {
          unit.norm = AddLayer(*this, absl::StrCat("features.", position++),
                               std::make_shared<BatchNorm2d>(out));
        }
        ++position;  // the ReLU
        units.push_back(std::move(unit));
        in = out;
      }
      ++position;  // the pooling
      blocks_.push_back(std::move(units));
      layers_.push_back({absl::StrCat("block", block + 1), out});
    }
    layers_.push_back({"fc1", hidden});
    layers_.push_back({"features", hidden});
    fc1_ =
        AddLayer(*this, "classifier.0",
                 std::make_shared<PooledLinear>(in, kMap, hidden, Init::kSmall,
                                                /*zero_bias=*/true));
    const auto add = [&](const char* path, int64_t from, int64_t to) {
      return AddLayer(
          *this, path,
          std::make_shared<Linear>(from, to, Init::kSmall, /*zero_bias=*/true));
    };
    fc2_ = add("classifier.3", hidden, hidden);
    head_ = add("classifier.6", hidden, input.classes);
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor h = x;
    for (size_t block = 0; block < blocks_.size(); ++block) {
      for (const Unit& unit : blocks_[block]) {
        h = unit.conv->Forward(h);
        if (unit.norm) h = unit.norm->Forward(h);
        h.relu_();
      }
      h = at::max_pool2d(h, 2, 2);
      taps(layers_[block].name, h);
    }
    h = fc1_->Forward(h).relu_();
    taps("fc1", h);
    h = at::dropout(h, dropout_, is_training());
    h = fc2_->Forward(h).relu_();
    h = at::dropout(h, dropout_, is_training());
    taps("features", h);
    return head_->Forward(h);
  }

  std::vector<LayerInfo> layers() const override { return layers_; }
  std::string head() const override { return "classifier.6"; }

 private:
  struct Unit {
    std::shared_ptr<Conv2d> conv;
    std::shared_ptr<BatchNorm2d> norm;  // null without
  };

  double dropout_;
  std::vector<std::vector<Unit>> blocks_;
  std::vector<LayerInfo> layers_;
  std::shared_ptr<PooledLinear> fc1_;
  std::shared_ptr<Linear> fc2_, head_;
};

ModelInfo Info(const char* name, const char* summary) {
  return {
      .name = name,
      .summary = summary,
      .reference = "arXiv 1409.1556; torchvision's",
      .params = {
          IntParam("width", 64, "channels of the first block", 1, 4096),
          IntParam("hidden", 4096, "units of the two hidden Linears", 1, 65536),
          FloatParam("dropout", 0.5, "after each hidden Linear", 0, 1)}};
}

ModelFactory Factory(const Size& size, bool batch_norm) {
  return [size, batch_norm](const Params& params, const ModelInput& input)
             -> absl::StatusOr<std::shared_ptr<Model>> {
    NCLAB_RETURN_IF_ERROR(CheckImages(input, kSmallest));
    const double hidden = static_cast<double>(params.Int("hidden"));
    double weights = hidden * (hidden + static_cast<double>(input.classes));
    double in = static_cast<double>(input.shape[0]);
    for (size_t block = 0; block < size.size(); ++block) {
      const double out =
          static_cast<double>(params.Int("width")) * kWidths[block];
      weights += 9 * out * (in + out * static_cast<double>(size[block] - 1));
      in = out;
    }
    weights += static_cast<double>(kMap * kMap) * in * hidden;
    NCLAB_RETURN_IF_ERROR(CheckWeights(weights));
    return std::make_shared<Vgg>(size, batch_norm, params, input);
  };
}

constexpr Size kA = {1, 1, 2, 2, 2};
constexpr Size kB = {2, 2, 2, 2, 2};
constexpr Size kD = {2, 2, 3, 3, 3};
constexpr Size kE = {2, 2, 4, 4, 4};

NCLAB_REGISTER_MODEL(Info("vgg11", "plain convolutions, 11 layers"),
                     Factory(kA, false));
NCLAB_REGISTER_MODEL(Info("vgg13", "plain convolutions, 13 layers"),
                     Factory(kB, false));
NCLAB_REGISTER_MODEL(Info("vgg16", "plain convolutions, 16 layers"),
                     Factory(kD, false));
NCLAB_REGISTER_MODEL(Info("vgg19", "plain convolutions, 19 layers"),
                     Factory(kE, false));
NCLAB_REGISTER_MODEL(Info("vgg11_bn", "vgg11 with batch normalisation"),
                     Factory(kA, true));
NCLAB_REGISTER_MODEL(Info("vgg13_bn", "vgg13 with batch normalisation"),
                     Factory(kB, true));
NCLAB_REGISTER_MODEL(Info("vgg16_bn", "vgg16 with batch normalisation"),
                     Factory(kD, true));
NCLAB_REGISTER_MODEL(Info("vgg19_bn", "vgg19 with batch normalisation"),
                     Factory(kE, true));

}  // namespace
}  // namespace nclab
