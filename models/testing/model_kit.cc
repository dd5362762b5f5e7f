#include "models/testing/model_kit.h"

#include <ATen/Context.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "tools/base/status_macros.h"
#include "tools/base/torch/tensor_file.h"
#include "tools/base/torch/torch_status.h"
#include "tools/testing/item_kit.h"

namespace nclab {
namespace {

constexpr int64_t kBatch = ModelUnderTest::kBatch;
constexpr int64_t kClasses = ModelUnderTest::kClasses;
// Larger images than any network here asks for.
constexpr int64_t kLargestSide = 256;

// Equal up to rounding, which is of the size of the largest element.
bool IsClose(const at::Tensor& a, const at::Tensor& b) {
  return a.sizes() == b.sizes() && (a - b).abs().max().item<double>() <=
                                       1e-4 * b.abs().max().item<double>();
}

bool IsFinite(const at::Tensor& tensor) {
  return at::isfinite(tensor).all().item<bool>();
}

std::string ShapeOf(const at::Tensor& tensor) {
  return absl::StrCat("[", absl::StrJoin(tensor.sizes(), ", "), "]");
}

std::vector<std::string> LayerNames(const Model& model) {
  std::vector<std::string> names;
  for (const LayerInfo& layer : model.layers()) names.push_back(layer.name);
  return names;
}

// Parameters and buffers by name.
TensorMap StateOf(const Model& model) {
  TensorMap state;
  for (const auto& item : model.named_parameters()) {
    state[item.key()] = item.value();
  }
  for (const auto& item : model.named_buffers()) {
    state[item.key()] = item.value();
  }
  return state;
}

at::Tensor Logits(Model& model, const at::Tensor& x) {
  Taps none;
  return model.Forward(x, none);
}

absl::Status SaysWhatItIs(const ModelUnderTest& model) {
  return CheckFacts(model.info());
}

absl::Status BindsItsDefaults(const ModelUnderTest& model) {
  return CheckItemDefaults(Models(), model.info().name);
}

absl::Status GivesFiniteLogits(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  NCLAB_PROMISE(made->is_training(), "it does not begin in training mode");
  const at::Tensor logits = Logits(*made, model.Samples());
  NCLAB_PROMISE(logits.sizes() == at::IntArrayRef({kBatch, kClasses}),
                "its logits are ", ShapeOf(logits), " for ", kBatch,
                " samples of ", kClasses, " classes; expected [", kBatch, ", ",
                kClasses, "]");
  NCLAB_PROMISE(logits.scalar_type() == at::kFloat,
                "its logits are not of fp32, as its input is");
  NCLAB_PROMISE(IsFinite(logits), "its logits are not finite");
  NCLAB_PROMISE(!logits.eq(logits[0][0]).all().item<bool>(),
                "its logits are all the same");
  return absl::OkStatus();
}

absl::Status OffersTheLayersThatItDeclares(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  const std::vector<LayerInfo> layers = made->layers();
  const std::vector<std::string> names = LayerNames(*made);
  const std::set<std::string> distinct(names.begin(), names.end());
  NCLAB_PROMISE(distinct.count("features") == 1,
                "no layer is called 'features'; it declares ",
                absl::StrJoin(names, ", "));
  NCLAB_PROMISE(distinct.size() == names.size(),
                "a layer is declared twice: ", absl::StrJoin(names, ", "));
  Taps taps(names);
  made->Forward(model.Samples(), taps);
  for (size_t i = 0; i < layers.size(); ++i) {
    const at::Tensor& tensor = taps.tensors()[i];
    NCLAB_PROMISE(tensor.defined(), "layer '", names[i],
                  "' is declared, but not offered to taps");
    NCLAB_PROMISE(tensor.sizes() == at::IntArrayRef({kBatch, layers[i].dim}),
                  "layer '", names[i], "' is ", ShapeOf(tensor), " for ",
                  kBatch, " samples; it declares a dimension of ",
                  layers[i].dim);
    NCLAB_PROMISE(IsFinite(tensor), "layer '", names[i], "' is not finite");
  }
  return absl::OkStatus();
}

absl::Status HasFeaturesThatAreTheInputOfItsHead(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  const TensorMap state = StateOf(*made);
  const auto weight = state.find(made->head() + ".weight");
  const auto bias = state.find(made->head() + ".bias");
  NCLAB_PROMISE(weight != state.end() && bias != state.end(), "its head is '",
                made->head(), "', but it has no parameters ", made->head(),
                ".weight and ", made->head(), ".bias");
  made->eval();
  const at::NoGradGuard no_grad;
  Taps taps({"features"});
  const at::Tensor logits = made->Forward(model.Samples(), taps);
  const at::Tensor& features = taps.tensors()[0];
  NCLAB_PROMISE(features.defined(), "it offers no 'features' to taps");
  NCLAB_PROMISE(
      weight->second.sizes() == at::IntArrayRef({kClasses, features.size(1)}),
      weight->first, " is ", ShapeOf(weight->second), "; expected [", kClasses,
      ", ", features.size(1), "], classes by features");
  NCLAB_PROMISE(
      IsClose(features.matmul(weight->second.t()) + bias->second, logits),
      "features times ", weight->first, " plus ", bias->first,
      " are not its logits");
  return absl::OkStatus();
}

absl::Status LetsGradientsReachEveryParameter(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  NCLAB_PROMISE(!made->parameters().empty(), "it registers no parameter");
  Logits(*made, model.Samples()).pow(2).sum().backward();
  for (const auto& item : made->named_parameters()) {
    const at::Tensor& grad = item.value().grad();
    NCLAB_PROMISE(grad.defined() && grad.ne(0).any().item<bool>(),
                  "no gradient reaches its parameter '", item.key(), "'");
    NCLAB_PROMISE(IsFinite(grad), "the gradient of its parameter '", item.key(),
                  "' is not finite");
  }
  return absl::OkStatus();
}

absl::Status DrawsItsWeightsFromTheSeed(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto first, model.Make(1));
  NCLAB_ASSIGN_OR_RETURN(const auto again, model.Make(1));
  NCLAB_ASSIGN_OR_RETURN(const auto second, model.Make(2));
  const TensorMap a = StateOf(*first), b = StateOf(*again),
                  c = StateOf(*second);
  bool differs = false;
  for (const auto& [name, tensor] : a) {
    NCLAB_PROMISE(b.count(name) == 1 && tensor.equal(b.at(name)),
                  "made twice from one seed, its '", name, "' differs");
    differs |= c.count(name) != 1 || !tensor.equal(c.at(name));
  }
  NCLAB_PROMISE(differs, "two seeds give the same weights");
  return absl::OkStatus();
}

absl::Status SavesAndLoadsAsItIs(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto saved, model.Make(1));
  // A step in training mode moves the buffers too.
  Logits(*saved, model.Samples());
  const std::string path =
      absl::StrCat(model.scratch(), "/weights.safetensors");
  NCLAB_RETURN_IF_ERROR(SaveTensors(path, StateOf(*saved)));
  NCLAB_ASSIGN_OR_RETURN(const auto loaded, model.Make(2));
  NCLAB_ASSIGN_OR_RETURN(TensorFile file, LoadTensors(path));
  const at::NoGradGuard no_grad;
  for (auto& [name, target] : StateOf(*loaded)) {
    const auto it = file.tensors.find(name);
    NCLAB_PROMISE(it != file.tensors.end() &&
                      it->second.sizes() == target.sizes() &&
                      it->second.scalar_type() == target.scalar_type(),
                  "made twice, it has different parameters: '", name, "'");
    at::Tensor(target).copy_(it->second);
  }
  saved->eval();
  loaded->eval();
  NCLAB_PROMISE(
      Logits(*saved, model.Samples()).equal(Logits(*loaded, model.Samples())),
      "with all its parameters and buffers saved and loaded it gives "
      "other logits: something that they depend on is not registered");
  return absl::OkStatus();
}

absl::Status DoesNotLookAtTheRestOfTheBatchInEvalMode(
    const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  made->eval();
  const at::NoGradGuard no_grad;
  const at::Tensor x = model.Samples();
  const std::vector<std::string> names = LayerNames(*made);
  Taps whole(names);
  const at::Tensor logits = made->Forward(x, whole);
  for (int64_t i = 0; i < kBatch; ++i) {
    Taps alone(names);
    const at::Tensor one = made->Forward(x.slice(0, i, i + 1), alone);
    NCLAB_PROMISE(IsClose(one[0], logits[i]), "the logits of sample ", i,
                  " alone are not those that it has in its batch");
    for (size_t j = 0; j < names.size(); ++j) {
      NCLAB_PROMISE(alone.tensors()[j].defined() &&
                        whole.tensors()[j].defined() &&
                        IsClose(alone.tensors()[j][0], whole.tensors()[j][i]),
                    "layer '", names[j], "' of sample ", i,
                    " alone is not what it is in its batch");
    }
  }
  return absl::OkStatus();
}

absl::Status DoesNotNoticeWhetherItIsTapped(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  made->eval();
  const at::NoGradGuard no_grad;
  Taps all(LayerNames(*made));
  const at::Tensor tapped = made->Forward(model.Samples(), all);
  NCLAB_PROMISE(Logits(*made, model.Samples()).equal(tapped),
                "its logits are others when layers are tapped");
  return absl::OkStatus();
}

absl::Status LeavesItsInputAlone(const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.Make(1));
  const at::Tensor x = model.Samples();
  Logits(*made, x);
  NCLAB_PROMISE(x.equal(model.Samples()),
                "its forward pass changes the samples that it is given");
  return absl::OkStatus();
}

absl::Status TakesTheNumberOfClassesFromItsParameter(
    const ModelUnderTest& model) {
  NCLAB_ASSIGN_OR_RETURN(const auto made, model.MakeWithClasses(3));
  const at::Tensor logits = Logits(*made, model.Samples());
  NCLAB_PROMISE(logits.dim() == 2 && logits.size(1) == 3,
                "with classes=3 its logits are ", ShapeOf(logits));
  return absl::OkStatus();
}

// Square images only; other samples have no smallest size.
absl::Status NamesTheSmallestImageThatItTakes(const ModelUnderTest& model) {
  if (model.shape().size() != 3) return absl::OkStatus();
  std::string refusal;
  for (int64_t side = 1; side <= kLargestSide; ++side) {
    const std::vector<int64_t> shape = {model.shape()[0], side, side};
    const auto made = model.MakeFor(shape);
    if (!made.ok()) {
      NCLAB_PROMISE(absl::IsInvalidArgument(made.status()), "images of ", side,
                    "x", side,
                    " are refused by other than a kInvalidArgument: ",
                    made.status().ToString());
      refusal = std::string(made.status().message());
      continue;
    }
    const std::string size = absl::StrCat(side, "x", side);
    NCLAB_PROMISE(refusal.empty() || absl::StrContains(refusal, size),
                  "it takes images from ", size,
                  " on, but refuses smaller ones without saying so: ", refusal);
    const absl::Status works = CatchTorch([&] {
      (*made)->eval();
      const at::NoGradGuard no_grad;
      NCLAB_PROMISE(IsFinite(Logits(**made, model.SamplesOf(shape))),
                    "the logits are not finite");
      return absl::OkStatus();
    });
    NCLAB_PROMISE(
        works.ok(), "it accepts images of ", size,
        ", but cannot take them (refuse them in the factory, and name "
        "the smallest size): ",
        works.message());
    return absl::OkStatus();
  }
  return absl::FailedPreconditionError(absl::StrCat(
      "it takes no square image of up to ", kLargestSide, " pixels"));
}

}  // namespace

absl::StatusOr<ModelUnderTest> ModelUnderTest::Create(
    const std::string& choice, std::vector<int64_t> shape,
    std::string scratch) {
  NCLAB_ASSIGN_OR_RETURN(BoundChoice bound, Models().Bind(choice));
  NCLAB_ASSIGN_OR_RETURN(const auto* entry, Models().Find(bound.name));
  return ModelUnderTest(std::move(bound), entry->info, std::move(shape),
                        std::move(scratch));
}

ModelUnderTest::ModelUnderTest(BoundChoice choice, const ModelInfo& info,
                               std::vector<int64_t> shape, std::string scratch)
    : choice_(std::move(choice)),
      info_(&info),
      shape_(std::move(shape)),
      scratch_(std::move(scratch)) {}

absl::StatusOr<std::shared_ptr<Model>> ModelUnderTest::Make(
    uint64_t seed) const {
  at::manual_seed(seed);
  return MakeModel(choice_, {shape_, kClasses});
}

absl::StatusOr<std::shared_ptr<Model>> ModelUnderTest::MakeFor(
    const std::vector<int64_t>& shape) const {
  return MakeModel(choice_, {shape, kClasses});
}

absl::StatusOr<std::shared_ptr<Model>> ModelUnderTest::MakeWithClasses(
    int64_t classes) const {
  BoundChoice choice = choice_;
  choice.params.Set("classes", classes);
  return MakeModel(choice, {shape_, kClasses});
}

at::Tensor ModelUnderTest::SamplesOf(const std::vector<int64_t>& shape) const {
  at::manual_seed(99);
  std::vector<int64_t> batch = shape;
  batch.insert(batch.begin(), kBatch);
  return at::randn(batch);
}

const std::vector<ModelPromise>& ModelPromises() {
  static const auto* const promises = [] {
    auto* const all = new std::vector<ModelPromise>{
        {"SaysWhatItIs", SaysWhatItIs},
        {"BindsItsDefaults", BindsItsDefaults},
        {"GivesFiniteLogits", GivesFiniteLogits},
        {"OffersTheLayersThatItDeclares", OffersTheLayersThatItDeclares},
        {"HasFeaturesThatAreTheInputOfItsHead",
         HasFeaturesThatAreTheInputOfItsHead},
        {"LetsGradientsReachEveryParameter", LetsGradientsReachEveryParameter},
        {"DrawsItsWeightsFromTheSeed", DrawsItsWeightsFromTheSeed},
        {"SavesAndLoadsAsItIs", SavesAndLoadsAsItIs},
        {"DoesNotLookAtTheRestOfTheBatchInEvalMode",
         DoesNotLookAtTheRestOfTheBatchInEvalMode},
        {"DoesNotNoticeWhetherItIsTapped", DoesNotNoticeWhetherItIsTapped},
        {"LeavesItsInputAlone", LeavesItsInputAlone},
        {"TakesTheNumberOfClassesFromItsParameter",
         TakesTheNumberOfClassesFromItsParameter},
        {"NamesTheSmallestImageThatItTakes", NamesTheSmallestImageThatItTakes},
    };
    for (ModelPromise& promise : *all) {
      promise.check = [check = promise.check](const ModelUnderTest& model) {
        return CatchTorch([&] { return check(model); });
      };
    }
    return all;
  }();
  return *promises;
}

}  // namespace nclab
