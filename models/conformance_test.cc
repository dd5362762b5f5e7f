// What every registered model promises, on small grey images.
#include <ATen/core/grad_mode.h>
#include <ATen/ops/allclose.h>
#include <ATen/ops/isfinite.h>
#include <ATen/ops/randn.h>

#include <set>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

constexpr int64_t kClasses = 10;
constexpr int64_t kBatch = 6;

// Equal up to rounding, which is of the size of the largest element.
bool IsClose(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<float>() <=
         1e-4f * b.abs().max().item<float>();
}

class Conformance : public testing::TestWithParam<std::string> {
 protected:
  // The model, small, with weights drawn from `seed`.
  static std::shared_ptr<Model> Make(uint64_t seed, int64_t classes = 0) {
    at::manual_seed(seed);
    auto choice = Models().Bind(GetParam());
    EXPECT_THAT(choice, IsOk());
    for (const char* size : {"width", "hidden", "growth"}) {
      if (choice->params.Has(size)) choice->params.Set(size, int64_t{8});
    }
    choice->params.Set("classes", classes);
    auto model = MakeModel(*choice, {{1, 32, 32}, kClasses});
    EXPECT_THAT(model, IsOk());
    return *model;
  }

  static at::Tensor Images() {
    at::manual_seed(99);
    return at::randn({kBatch, 1, 32, 32});
  }

  static std::vector<std::string> LayerNames(const Model& model) {
    std::vector<std::string> names;
    for (const LayerInfo& layer : model.layers()) names.push_back(layer.name);
    return names;
  }
};

TEST_P(Conformance, GivesFiniteLogits) {
  Taps taps;
  const at::Tensor logits = Make(1)->Forward(Images(), taps);
  EXPECT_EQ(logits.sizes(), at::IntArrayRef({kBatch, kClasses}));
  EXPECT_TRUE(at::isfinite(logits).all().item<bool>());
  EXPECT_FALSE(logits.eq(logits[0][0]).all().item<bool>()) << "constant";
}

TEST_P(Conformance, OffersTheLayersThatItDeclares) {
  const std::shared_ptr<Model> model = Make(1);
  const std::vector<LayerInfo> layers = model->layers();
  const std::vector<std::string> names = LayerNames(*model);
  EXPECT_THAT(names, testing::Contains("features"));
  EXPECT_EQ(std::set<std::string>(names.begin(), names.end()).size(),
            names.size())
      << "a layer is declared twice";
  Taps taps(names);
  model->Forward(Images(), taps);
  for (size_t i = 0; i < layers.size(); ++i) {
    const at::Tensor& tensor = taps.tensors()[i];
    ASSERT_TRUE(tensor.defined()) << layers[i].name << " is not offered";
    EXPECT_EQ(tensor.sizes(), at::IntArrayRef({kBatch, layers[i].dim}))
        << layers[i].name;
    EXPECT_TRUE(at::isfinite(tensor).all().item<bool>()) << layers[i].name;
  }
}

TEST_P(Conformance, HasFeaturesThatAreTheInputOfItsHead) {
  const std::shared_ptr<Model> model = Make(1);
  const auto parameters = model->named_parameters();
  ASSERT_TRUE(parameters.contains(model->head() + ".weight"));
  ASSERT_TRUE(parameters.contains(model->head() + ".bias"));
  const at::Tensor weight = parameters[model->head() + ".weight"];
  const at::Tensor bias = parameters[model->head() + ".bias"];
  Taps taps({"features"});
  model->eval();
  const at::Tensor logits = model->Forward(Images(), taps);
  EXPECT_TRUE(IsClose(taps.tensors()[0].matmul(weight.t()) + bias, logits));
}

TEST_P(Conformance, LetsGradientsReachEveryParameter) {
  const std::shared_ptr<Model> model = Make(1);
  Taps taps;
  model->Forward(Images(), taps).pow(2).sum().backward();
  ASSERT_FALSE(model->parameters().empty());
  for (const auto& parameter : model->named_parameters()) {
    ASSERT_TRUE(parameter.value().grad().defined()) << parameter.key();
    EXPECT_TRUE(parameter.value().grad().ne(0).any().item<bool>())
        << parameter.key();
  }
}

TEST_P(Conformance, DrawsItsWeightsFromTheSeed) {
  const std::vector<at::Tensor> a = Make(1)->parameters();
  const std::vector<at::Tensor> again = Make(1)->parameters();
  const std::vector<at::Tensor> other = Make(2)->parameters();
  ASSERT_EQ(a.size(), again.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(a[i].equal(again[i])) << i;
  bool differs = false;
  for (size_t i = 0; i < a.size(); ++i) differs |= !a[i].equal(other[i]);
  EXPECT_TRUE(differs);
}

TEST_P(Conformance, StartsInTrainingMode) {
  EXPECT_TRUE(Make(1)->is_training());
}

TEST_P(Conformance, DoesNotLookAtTheRestOfTheBatchInEvalMode) {
  const std::shared_ptr<Model> model = Make(1);
  model->eval();
  const at::NoGradGuard no_grad;
  const at::Tensor images = Images();
  const std::vector<std::string> names = LayerNames(*model);
  Taps whole(names);
  const at::Tensor logits = model->Forward(images, whole);
  for (int64_t i = 0; i < kBatch; ++i) {
    Taps alone(names);
    const at::Tensor one = model->Forward(images.slice(0, i, i + 1), alone);
    EXPECT_TRUE(IsClose(one[0], logits[i])) << i;
    for (size_t j = 0; j < names.size(); ++j) {
      EXPECT_TRUE(IsClose(alone.tensors()[j][0], whole.tensors()[j][i]))
          << names[j];
    }
  }
}

TEST_P(Conformance, DoesNotNoticeWhetherItIsTapped) {
  const std::shared_ptr<Model> model = Make(1);
  model->eval();
  Taps none, all(LayerNames(*model));
  EXPECT_TRUE(
      model->Forward(Images(), none).equal(model->Forward(Images(), all)));
}

TEST_P(Conformance, TakesTheNumberOfClassesFromItsParameter) {
  const std::shared_ptr<Model> model = Make(1, 3);
  Taps taps;
  EXPECT_EQ(model->Forward(Images(), taps).size(1), 3);
  EXPECT_EQ(model->named_parameters()[model->head() + ".bias"].numel(), 3);
}

std::vector<std::string> AllModels() {
  std::vector<std::string> names;
  for (const auto* entry : Models().List()) names.push_back(entry->info.name);
  return names;
}

INSTANTIATE_TEST_SUITE_P(Models, Conformance, testing::ValuesIn(AllModels()),
                         [](const auto& info) { return info.param; });

TEST(Taps, KeepWhatIsWantedInOrder) {
  Taps taps({"b", "a", "absent"});
  EXPECT_TRUE(taps.Wants("a"));
  EXPECT_FALSE(taps.Wants("c"));
  const at::Tensor flat = at::randn({2, 3}), maps = at::randn({2, 3, 4, 5});
  taps("a", flat);
  taps("b", maps);
  taps("c", flat);
  EXPECT_TRUE(taps.tensors()[1].is_same(flat)) << "no copy";
  EXPECT_TRUE(at::allclose(taps.tensors()[0], maps.flatten(2).mean(2)))
      << "maps are averaged";
  EXPECT_FALSE(taps.tensors()[2].defined());
}

TEST(Mlp, HasTheLayersOfItsDepth) {
  const auto choice = Models().Bind("mlp(width=5,depth=2)");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto model, MakeModel(*choice, {{7}, 3}));
  std::vector<std::string> layers;
  for (const LayerInfo& layer : model->layers()) {
    layers.push_back(absl::StrCat(layer.name, ":", layer.dim));
  }
  EXPECT_THAT(layers, testing::ElementsAre("fc1.pre:5", "fc1:5", "fc2.pre:5",
                                           "fc2:5", "features:5"));
  Taps taps({"fc2.pre", "fc2", "features"});
  model->Forward(at::randn({4, 7}), taps);
  EXPECT_TRUE(taps.tensors()[0].relu().equal(taps.tensors()[1]));
  EXPECT_TRUE(taps.tensors()[2].is_same(taps.tensors()[1]));
}

TEST(Linear, HasItsInputAsFeatures) {
  const auto choice = Models().Bind("linear");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto model,
                             MakeModel(*choice, {{2, 3, 4}, 5}));
  Taps taps({"features"});
  const at::Tensor x = at::randn({6, 2, 3, 4});
  model->Forward(x, taps);
  EXPECT_TRUE(taps.tensors()[0].equal(x.flatten(1)));
}

TEST(MakeModel, AsksForTheNumberOfClassesWhereNobodyKnowsIt) {
  const auto choice = Models().Bind("linear");
  EXPECT_THAT(MakeModel(*choice, {{4}, 0}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::HasSubstr("linear(classes=10)")));
}

}  // namespace
}  // namespace nclab
