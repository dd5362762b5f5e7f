// Taps, MakeModel(), and single models. What all models promise is in kit_test.
#include "models/model.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>

#include <stdexcept>
#include <variant>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

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

TEST(OneHot, IsTheOtherNetworkAndItsDecision) {
  const auto choice = Models().Bind("one_hot(of=mlp(width=5,depth=1))");
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto model, MakeModel(*choice, {{7}, 3}));
  EXPECT_EQ(model->layers().back().name, "one_hot");
  EXPECT_EQ(model->layers().back().dim, 3);
  EXPECT_EQ(model->head(), "net.head");
  Taps taps({"features", "one_hot"});
  const at::Tensor logits = model->Forward(at::randn({4, 7}), taps);
  const at::Tensor& one_hot = taps.tensors()[1];
  EXPECT_TRUE(one_hot.argmax(1).equal(logits.argmax(1)));
  EXPECT_EQ(one_hot.sum().item<double>(), 4);
  EXPECT_EQ(one_hot.max().item<double>(), 1);
}

TEST(OneHot, RefusesANetworkThatHasALayerOfItsName) {
  const auto choice = Models().Bind("one_hot(of=one_hot(of=linear))");
  EXPECT_THAT(MakeModel(*choice, {{7}, 3}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::HasSubstr("a layer 'one_hot' of its own")));
  EXPECT_THAT(Models().Bind("one_hot(of=mpl)"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::HasSubstr("Did you mean 'mlp'?")));
}

TEST(MakeModel, NamesTheModelWhoseFactoryThrows) {
  RegisterModel(
      {.name = "thrower"},
      [](const Params&,
         const ModelInput&) -> absl::StatusOr<std::shared_ptr<Model>> {
        throw std::runtime_error("no such luck");
      },
      "mine/thrower.cc", 7);
  EXPECT_THAT(
      MakeModel(*Models().Bind("thrower"), {{7}, 3}),
      StatusIs(absl::StatusCode::kInternal, "model 'thrower': no such luck"));
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

TEST(MakeModel, RefusesSizesThatNoMachineHolds) {
  for (const auto* entry : Models().List()) {
    for (const ParamSpec& spec : entry->info.params) {
      if (!std::holds_alternative<int64_t>(spec.default_value)) continue;
      const std::string text = absl::StrCat(entry->info.name, "(", spec.name,
                                            "=9223372036854775806)");
      EXPECT_THAT(
          Models().Bind(text),
          StatusIs(absl::StatusCode::kInvalidArgument,
                   testing::HasSubstr("'9223372036854775806'; expected")))
          << text;
    }
  }
  // A terabyte and more.
  for (const char* text :
       {"mlp(width=65536,depth=64)", "mlp(classes=1000000000)",
        "linear(classes=1000000000)", "convnet(width=4096,depth=8)",
        "convnet(classes=1000000000)", "resnet101(width=4096)",
        "resnet18(classes=1000000000)", "vgg19_bn(hidden=65536,width=4096)",
        "vgg11(classes=1000000000)", "densenet201(growth=4096)",
        "densenet121(classes=1000000000)"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice choice, Models().Bind(text));
    EXPECT_THAT(MakeModel(choice, {{3, 256, 256}, 10}),
                StatusIs(absl::StatusCode::kInvalidArgument,
                         testing::HasSubstr("of memory; this machine has")))
        << text;
  }
}

TEST(RegisterModel, AbortsOnAParameterThatEveryModelHas) {
  EXPECT_DEATH(
      RegisterModel({.name = "mine", .params = {IntParam("classes", 3, "")}},
                    nullptr, "mine/mine.cc", 7),
      "model 'mine', mine/mine.cc:7, declares the parameter 'classes', which "
      "is declared at models/model.cc already");
}

TEST(MakeModel, AsksForTheNumberOfClassesWhereNobodyKnowsIt) {
  const auto choice = Models().Bind("linear");
  EXPECT_THAT(MakeModel(*choice, {{4}, 0}),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       testing::HasSubstr("linear(classes=10)")));
}

}  // namespace
}  // namespace nclab
