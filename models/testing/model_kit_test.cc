// The kit itself: a model that breaks a promise is told which one.
#include "models/testing/model_kit.h"

#include <ATen/Context.h>
#include <ATen/ops/full.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/tanh.h>
#include <c10/util/Exception.h>
#include <torch/nn/modules/linear.h>

#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

enum class Flaw {
  kNone,
  kOneClassTooMany,
  kNotFinite,
  kConstant,
  kBeginsInEvalMode,
  kFeaturesUndeclared,
  kLayerNotOffered,
  kLayerTwice,
  kWrongDimension,
  kFeaturesBeforeTheActivation,
  kWrongHead,
  kUnusedParameter,
  kDrawsFromElsewhere,
  kIgnoresTheSeed,
  kUnregisteredTensor,
  kCentresTheBatch,
  kNoticesTaps,
  kChangesItsInput,
  kIgnoresClasses,
  kThrowsOnSmallImages,
  kRefusesWithoutTheSize,
  kRefusesEverything,
};

constexpr int64_t kWidth = 8;
constexpr int64_t kSmallest = 4;

// One tanh layer, and at most one flaw.
class Flawed final : public Model {
 public:
  Flawed(Flaw flaw, int64_t inputs, int64_t classes) : flaw_(flaw) {
    if (flaw == Flaw::kIgnoresTheSeed) at::manual_seed(0);
    if (flaw == Flaw::kIgnoresClasses) classes = ModelUnderTest::kClasses;
    if (flaw == Flaw::kOneClassTooMany) ++classes;
    hidden_ = register_module("fc", torch::nn::Linear(inputs, kWidth));
    head_ = register_module("head", torch::nn::Linear(kWidth, classes));
    if (flaw == Flaw::kUnusedParameter) {
      register_parameter("unused", at::randn({3}));
    }
    if (flaw == Flaw::kDrawsFromElsewhere) {
      static int made = 0;
      register_buffer("count", at::full({}, ++made));
    }
    if (flaw == Flaw::kUnregisteredTensor) scale_ = at::randn({kWidth});
    if (flaw == Flaw::kBeginsInEvalMode) eval();
  }

  at::Tensor Forward(const at::Tensor& x, Taps& taps) override {
    TORCH_CHECK(x.size(2) >= kSmallest, "kernel larger than the image");
    at::Tensor flat = x.flatten(1);
    if (flaw_ == Flaw::kChangesItsInput) flat.relu_();
    const at::Tensor before = hidden_(flat);
    at::Tensor h = at::tanh(before);
    if (flaw_ == Flaw::kCentresTheBatch) h = h - h.mean(0, true);
    if (flaw_ == Flaw::kUnregisteredTensor) h = h * scale_;
    if (flaw_ == Flaw::kNoticesTaps && taps.Wants("hidden")) h = h * 2;
    taps("hidden", h);
    taps("features", flaw_ == Flaw::kFeaturesBeforeTheActivation ? before : h);
    at::Tensor logits = head_(h);
    if (flaw_ == Flaw::kNotFinite) logits = logits * std::nan("");
    if (flaw_ == Flaw::kConstant) logits = logits * 0;
    return logits;
  }

  std::vector<LayerInfo> layers() const override {
    std::vector<LayerInfo> layers = {{"hidden", kWidth}};
    if (flaw_ == Flaw::kLayerNotOffered) layers.push_back({"ghost", kWidth});
    if (flaw_ == Flaw::kLayerTwice) layers.push_back({"hidden", kWidth});
    if (flaw_ == Flaw::kWrongDimension) layers[0].dim = kWidth + 1;
    if (flaw_ != Flaw::kFeaturesUndeclared) {
      layers.push_back({"features", kWidth});
    }
    return layers;
  }

  std::string head() const override {
    return flaw_ == Flaw::kWrongHead ? "fc9" : "head";
  }

 private:
  Flaw flaw_;
  torch::nn::Linear hidden_{nullptr}, head_{nullptr};
  at::Tensor scale_;
};

absl::StatusOr<std::shared_ptr<Model>> Make(Flaw flaw,
                                            const ModelInput& input) {
  const int64_t side = input.shape[1];
  if (flaw == Flaw::kRefusesEverything) {
    return absl::UnimplementedError("not today");
  }
  if (side < kSmallest && flaw != Flaw::kThrowsOnSmallImages) {
    return absl::InvalidArgumentError(flaw == Flaw::kRefusesWithoutTheSize
                                          ? "too small"
                                          : "it takes images from 4x4 on");
  }
  return std::make_shared<Flawed>(flaw, SampleSize(input), input.classes);
}

// The promises that `info` with `flaw` breaks; `message` is the last one's.
std::vector<std::string> Broken(Flaw flaw, std::string* message = nullptr,
                                ModelInfo info = {.name = "",
                                                  .summary = "one layer",
                                                  .reference = "own"}) {
  static int count = 0;
  const std::string name = absl::StrCat("flawed", ++count);
  if (info.name.empty()) info.name = name;
  const std::string registered = info.name;
  RegisterModel(
      std::move(info),
      [flaw](const Params&, const ModelInput& input) {
        return Make(flaw, input);
      },
      __FILE__, __LINE__);
  const absl::StatusOr<ModelUnderTest> model =
      ModelUnderTest::Create(registered, {1, 8, 8}, EmptyTestDirectory());
  EXPECT_THAT(model, IsOk());
  std::vector<std::string> broken;
  for (const ModelPromise& promise : ModelPromises()) {
    const absl::Status status = promise.check(*model);
    if (status.ok()) continue;
    broken.push_back(promise.name);
    if (message != nullptr) *message = std::string(status.message());
  }
  return broken;
}

TEST(ModelKit, FindsNothingInAGoodModel) {
  EXPECT_THAT(Broken(Flaw::kNone), testing::IsEmpty());
}

TEST(ModelKit, NamesThePromiseAboutFacts) {
  EXPECT_THAT(Broken(Flaw::kNone, nullptr, {{"", "", "own", {}}}),
              ElementsAre("SaysWhatItIs"));
  EXPECT_THAT(Broken(Flaw::kNone, nullptr, {{"Camel", "a model", "own", {}}}),
              testing::Contains("SaysWhatItIs"));
  EXPECT_THAT(
      Broken(Flaw::kNone, nullptr,
             {{"", "a model", "own", {StringParam("kind", "a,b", "which")}}}),
      ElementsAre("BindsItsDefaults"));
}

TEST(ModelKit, NamesThePromiseAboutLogits) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kConstant), testing::Contains("GivesFiniteLogits"));
  EXPECT_THAT(Broken(Flaw::kNotFinite), testing::Contains("GivesFiniteLogits"));
  EXPECT_THAT(Broken(Flaw::kOneClassTooMany),
              testing::Contains("GivesFiniteLogits"));
  EXPECT_THAT(Broken(Flaw::kBeginsInEvalMode, &message),
              ElementsAre("GivesFiniteLogits"));
  EXPECT_THAT(message, HasSubstr("training mode"));
}

TEST(ModelKit, NamesThePromiseAboutLayers) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kFeaturesUndeclared, &message),
              ElementsAre("OffersTheLayersThatItDeclares"));
  EXPECT_THAT(message, HasSubstr("'features'"));
  EXPECT_THAT(Broken(Flaw::kLayerTwice, &message),
              ElementsAre("OffersTheLayersThatItDeclares"));
  EXPECT_THAT(message, HasSubstr("twice: hidden, hidden, features"));
  EXPECT_THAT(Broken(Flaw::kWrongDimension, &message),
              ElementsAre("OffersTheLayersThatItDeclares"));
  EXPECT_THAT(message, HasSubstr("'hidden' is [6, 8]"));
  EXPECT_THAT(Broken(Flaw::kLayerNotOffered),
              testing::Contains("OffersTheLayersThatItDeclares"));
}

TEST(ModelKit, NamesThePromiseAboutFeatures) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kFeaturesBeforeTheActivation, &message),
              ElementsAre("HasFeaturesThatAreTheInputOfItsHead"));
  EXPECT_THAT(message, HasSubstr("head.weight"));
  EXPECT_THAT(Broken(Flaw::kWrongHead, &message),
              ElementsAre("HasFeaturesThatAreTheInputOfItsHead"));
  EXPECT_THAT(message, HasSubstr("fc9.weight"));
}

TEST(ModelKit, NamesThePromiseAboutGradients) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kUnusedParameter, &message),
              ElementsAre("LetsGradientsReachEveryParameter"));
  EXPECT_THAT(message, HasSubstr("'unused'"));
}

TEST(ModelKit, NamesThePromiseAboutTheSeed) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kDrawsFromElsewhere, &message),
              ElementsAre("DrawsItsWeightsFromTheSeed"));
  EXPECT_THAT(message, HasSubstr("'count'"));
  EXPECT_THAT(Broken(Flaw::kIgnoresTheSeed),
              ElementsAre("DrawsItsWeightsFromTheSeed"));
}

TEST(ModelKit, NamesThePromiseAboutSaving) {
  EXPECT_THAT(Broken(Flaw::kUnregisteredTensor),
              ElementsAre("SavesAndLoadsAsItIs"));
}

TEST(ModelKit, NamesThePromiseAboutTheBatch) {
  EXPECT_THAT(Broken(Flaw::kCentresTheBatch),
              ElementsAre("DoesNotLookAtTheRestOfTheBatchInEvalMode"));
}

TEST(ModelKit, NamesThePromiseAboutTaps) {
  EXPECT_THAT(Broken(Flaw::kNoticesTaps),
              ElementsAre("DoesNotNoticeWhetherItIsTapped"));
}

TEST(ModelKit, NamesThePromiseAboutTheInput) {
  EXPECT_THAT(Broken(Flaw::kChangesItsInput),
              ElementsAre("LeavesItsInputAlone"));
}

TEST(ModelKit, NamesThePromiseAboutClasses) {
  EXPECT_THAT(Broken(Flaw::kIgnoresClasses),
              ElementsAre("TakesTheNumberOfClassesFromItsParameter"));
}

TEST(ModelKit, NamesThePromiseAboutSmallImages) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kThrowsOnSmallImages, &message),
              ElementsAre("NamesTheSmallestImageThatItTakes"));
  EXPECT_THAT(message, HasSubstr("kernel larger than the image"));
  EXPECT_THAT(Broken(Flaw::kRefusesWithoutTheSize, &message),
              ElementsAre("NamesTheSmallestImageThatItTakes"));
  EXPECT_THAT(message, HasSubstr("from 4x4 on"));
}

TEST(ModelKit, PassesOnWhatTheFactorySays) {
  std::string message;
  EXPECT_THAT(Broken(Flaw::kRefusesEverything, &message),
              testing::Contains("GivesFiniteLogits"));
  EXPECT_THAT(message, HasSubstr("not today"));
  EXPECT_THAT(ModelUnderTest::Create("nobody", {1, 8, 8}, ""),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("'nobody'")));
}

}  // namespace
}  // namespace nclab
