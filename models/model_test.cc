// Taps, MakeModel(), and single models. What all models promise is in kit_test.
#include "models/model.h"

#include <ATen/ops/allclose.h>
#include <ATen/ops/randn.h>

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
