// one_hot: another network with one layer more, `one_hot`: the one-hot vector
// of its decision. The network itself, its training and its logits stay as they
// are.
//
// Section 2.1 of arXiv 2202.08384: as features of the same classifier they are
// fully weakly collapsed on any data, for they take K values.
#include <ATen/ops/zeros_like.h>

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "models/model.h"
#include "tools/base/status_macros.h"

namespace nclab {
namespace {

constexpr char kLayer[] = "one_hot";

class OneHot final : public Model {
 public:
  OneHot(std::shared_ptr<Model> net, int64_t classes)
      : net_(register_module("net", std::move(net))), classes_(classes) {}

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    at::Tensor logits = net_->Forward(x, taps);
    if (taps.Wants(kLayer)) {
      taps(kLayer, at::zeros_like(logits).scatter_(
                       1, logits.argmax(1, /*keepdim=*/true), 1));
    }
    return logits;
  }

  std::vector<LayerInfo> layers() const override {
    std::vector<LayerInfo> layers = net_->layers();
    layers.push_back({kLayer, classes_});
    return layers;
  }

  std::string head() const override { return "net." + net_->head(); }

 private:
  std::shared_ptr<Model> net_;
  int64_t classes_;
};

ParamSpec NetParam() {
  ParamSpec spec =
      StringParam("of", "mlp", "the network, as resnet18(width=16)");
  spec.canonical = [](const std::string& text) -> absl::StatusOr<std::string> {
    NCLAB_ASSIGN_OR_RETURN(const BoundChoice net, Models().Bind(text));
    return net.ToString();
  };
  return spec;
}

NCLAB_REGISTER_MODEL(
    {.name = "one_hot",
     .summary = "another network with its decision, one-hot, as a layer",
     .reference = "arXiv 2202.08384, section 2.1",
     .params = {NetParam()}},
    [](const Params& params,
       const ModelInput& input) -> absl::StatusOr<std::shared_ptr<Model>> {
      NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                             Models().Bind(params.String("of")));
      NCLAB_ASSIGN_OR_RETURN(std::shared_ptr<Model> net,
                             MakeModel(choice, input));
      const std::vector<LayerInfo> layers = net->layers();
      if (std::any_of(layers.begin(), layers.end(), [](const LayerInfo& layer) {
            return layer.name == kLayer;
          })) {
        return absl::InvalidArgumentError(
            absl::StrCat("model '", choice.name, "' has a layer '", kLayer,
                         "' of its own; take another network."));
      }
      const int64_t own = choice.params.Int("classes");
      return std::make_shared<OneHot>(std::move(net),
                                      own == 0 ? input.classes : own);
    });

}  // namespace
}  // namespace nclab
