// What is rewritten, at which sizes, and that forward and gradients are equal.
#include "models/rewrites/rewrites.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randn_like.h>
#include <c10/util/Exception.h>

#include <map>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::shared_ptr<Model> Make(const std::string& choice,
                            std::vector<int64_t> sample) {
  at::manual_seed(1);
  auto model = MakeModel(*Models().Bind(choice), {sample, 10});
  EXPECT_THAT(model, IsOk());
  (*model)->to(at::kDouble);
  return *model;
}

at::Tensor Images(std::vector<int64_t> shape) {
  at::manual_seed(2);
  return at::randn(shape, at::TensorOptions(at::kDouble));
}

at::Tensor GreyImages(int64_t n, int64_t side) {
  return Images({n, 1, side, side}).expand({-1, 3, -1, -1});
}

std::vector<std::string> Names(const Rewrites& rewrites) {
  std::vector<std::string> lines;
  for (const auto& [name, why] : rewrites.words()) {
    lines.push_back(absl::StrCat(name, ": ", why));
  }
  return lines;
}

NamedTensors Parameters(const Model& model) {
  NamedTensors parameters;
  for (const auto& item : model.named_parameters()) {
    parameters.emplace_back(item.key(), item.value());
  }
  return parameters;
}

// Gradients of reduced parameters, in full shape.
std::vector<at::Tensor> Full(const Rewrites& rewrites,
                             const NamedTensors& names,
                             const std::vector<at::Tensor>& gradients) {
  std::vector<at::Tensor> full;
  for (size_t i = 0; i < names.size(); ++i) {
    const Reduction* r = rewrites.Find(names[i].first);
    full.push_back(r ? r->FullGradient(gradients[i]) : gradients[i]);
  }
  return full;
}

double Distance(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

// Gradients of all parameters after one backward pass, and the loss.
struct Pass {
  at::Tensor logits;
  std::map<std::string, at::Tensor> gradients;
};

Pass Run(Model& model, const NamedTensors& parameters, const at::Tensor& x) {
  model.eval();  // no dropout; batch statistics are tested by trajectories
  Taps taps;
  Pass pass;
  pass.logits = model.Forward(x, taps);
  pass.logits.pow(2).sum().backward();
  for (const auto& [name, parameter] : parameters) {
    EXPECT_TRUE(parameter.grad().defined()) << name;
    pass.gradients[name] = parameter.grad();
  }
  return pass;
}

// The theorem of reduction.h, in fp64: logits are equal; the gradient of a
// reduced parameter is that of the live positions, or of each copy.
void ExpectTheSame(const std::string& choice, const at::Tensor& x,
                   size_t reduced, const ReductionKinds& kinds = {}) {
  const std::vector<int64_t> sample = x.sizes().slice(1).vec();
  const auto plain = Make(choice, sample), rewritten = Make(choice, sample);
  const Rewrites rewrites = Rewrites::Of(*rewritten, x.slice(0, 0, 1), kinds);
  const NamedTensors names = Parameters(*rewritten);
  size_t smaller = 0;
  for (size_t i = 0; i < names.size(); ++i) {
    smaller +=
        rewrites.Reduced(names)[i].second.numel() < names[i].second.numel();
  }
  EXPECT_EQ(smaller, reduced);
  const Pass want = Run(*plain, Parameters(*plain), x);
  const Pass got = Run(*rewritten, rewrites.Reduced(names), x);
  const double scale = want.logits.abs().max().item<double>();
  EXPECT_LT(Distance(got.logits, want.logits), 1e-11 * scale);
  std::vector<at::Tensor> gradients;
  for (const auto& [name, parameter] : names) {
    gradients.push_back(got.gradients.at(name));
  }
  const std::vector<at::Tensor> full = Full(rewrites, names, gradients);
  for (size_t i = 0; i < names.size(); ++i) {
    const at::Tensor& g = want.gradients.at(names[i].first);
    EXPECT_LT(Distance(full[i], g), 1e-11 * g.abs().max().item<double>())
        << names[i].first;
  }
}

TEST(Rewrites, KeepForwardAndGradientsOfResNet18) {
  ExpectTheSame("resnet18(width=8)", Images({3, 3, 32, 32}), 4);
}
TEST(Rewrites, KeepForwardAndGradientsWhereNothingIsReduced) {
  ExpectTheSame("resnet18(width=8)", Images({3, 3, 32, 32}), 0, {false, false});
  ExpectTheSame("vgg11(width=8,hidden=16)", Images({3, 3, 32, 32}), 0,
                {false, false});
}
TEST(Rewrites, KeepForwardAndGradientsOfResNet50) {
  ExpectTheSame("resnet50(width=8)", Images({3, 3, 32, 32}), 3);
}
TEST(Rewrites, KeepForwardAndGradientsOfVgg) {
  ExpectTheSame("vgg11_bn(width=8,hidden=16)", Images({3, 3, 32, 32}), 1);
}
TEST(Rewrites, KeepForwardAndGradientsOfDenseNet) {
  ExpectTheSame("densenet121(growth=8)", Images({3, 3, 32, 32}), 16);
}
TEST(Rewrites, KeepForwardAndGradientsOfGreyImages) {
  ExpectTheSame("resnet18(width=8)", GreyImages(3, 32), 5);
  ExpectTheSame("vgg11(width=8,hidden=16)", GreyImages(3, 32), 2);
  ExpectTheSame("convnet(width=8)", GreyImages(3, 16), 1);
}

TEST(Rewrites, SayWhatIsReducedAndWhy) {
  const std::string one =
      "each output sees the whole 1x1 map: one matrix product";
  const std::string two =
      "each output sees the whole 2x2 map: one matrix product";
  const auto model = Make("resnet18(width=8)", {3, 32, 32});
  EXPECT_THAT(
      Names(Rewrites::Of(*model, Images({1, 3, 32, 32}))),
      ElementsAre(
          "layer3.0.conv2.weight: " + two, "layer3.1.conv1.weight: " + two,
          "layer3.1.conv2.weight: " + two,
          "layer4.0.conv1.weight: 4 of 9 kernel positions touch the image; " +
              two,
          "layer4.0.conv2.weight: 1 of 9 kernel positions touch the image; " +
              one,
          "layer4.1.conv1.weight: 1 of 9 kernel positions touch the image; " +
              one,
          "layer4.1.conv2.weight: 1 of 9 kernel positions touch the image; " +
              one));
  const auto vgg = Make("vgg11_bn(width=8,hidden=16)", {3, 32, 32});
  EXPECT_THAT(
      Names(Rewrites::Of(*vgg, GreyImages(1, 32))),
      ElementsAre("features.0.weight: its inputs are 3 copies of one "
                  "channel",
                  "features.22.weight: " + two, "features.25.weight: " + two,
                  "classifier.0.weight: its inputs are 49 copies of "
                  "one pixel"));
}

TEST(Rewrites, ReduceOnlyWhatIsWanted) {
  const at::Tensor grey = GreyImages(1, 32);
  for (const ReductionKinds kinds :
       {ReductionKinds{false, false}, ReductionKinds{false, true},
        ReductionKinds{true, false}}) {
    for (const char* choice :
         {"resnet18(width=8)", "vgg11_bn(width=8,hidden=16)"}) {
      const auto model = Make(choice, {3, 32, 32});
      for (const std::string& line : Names(Rewrites::Of(*model, grey, kinds))) {
        if (!kinds.positions) {
          EXPECT_THAT(line, Not(HasSubstr("positions")));
        }
        if (!kinds.sums) {
          EXPECT_THAT(line, Not(HasSubstr("copies")));
        }
      }
    }
  }
}

TEST(Rewrites, LeaveLargerImagesAlone) {
  for (const char* choice : {"resnet18(width=8)", "vgg11_bn(width=8)"}) {
    const auto model = Make(choice, {3, 96, 96});
    EXPECT_THAT(Names(Rewrites::Of(*model, Images({1, 3, 96, 96}))), IsEmpty())
        << choice;
  }
}

TEST(Rewrites, LeaveModelsWithoutMapsAlone) {
  const auto model = Make("mlp(width=8,depth=2)", {1, 8, 8});
  EXPECT_THAT(Names(Rewrites::Of(*model, Images({1, 1, 8, 8}))), IsEmpty());
}

TEST(Rewrites, LeaveTheModelInTheModeItHad) {
  const auto model = Make("resnet18(width=8)", {3, 32, 32});
  Rewrites::Of(*model, Images({1, 3, 32, 32}));
  EXPECT_TRUE(model->is_training());
  for (const auto& buffer : model->named_buffers()) {
    if (absl::StrContains(buffer.key(), "num_batches")) {
      EXPECT_EQ(buffer.value().item<int64_t>(), 0) << buffer.key();
    }
  }
}

TEST(Rewrites, RefuseMapsOfAnotherSizeAfterwards) {
  const auto model = Make("resnet18(width=8)", {3, 32, 32});
  Rewrites::Of(*model, Images({1, 3, 32, 32}));
  model->eval();
  Taps taps;
  EXPECT_THAT(
      [&] {
        model->Forward(Images({1, 3, 64, 64}), taps);
      },
      testing::ThrowsMessage<c10::Error>(HasSubstr("another size")));
}

TEST(Rewrites, RefuseColoursWhereImagesWereGrey) {
  const auto model = Make("convnet(width=8)", {3, 16, 16});
  Rewrites::Of(*model, GreyImages(1, 16));
  model->eval();
  Taps taps;
  EXPECT_THAT(
      [&] {
        model->Forward(Images({1, 3, 16, 16}), taps);
      },
      testing::ThrowsMessage<c10::Error>(HasSubstr("colours")));
}

TEST(Rewrites, KeepWhatIsFrozenFrozen) {
  const auto model = Make("resnet18(width=8)", {3, 32, 32});
  for (const auto& parameter : model->parameters()) {
    at::Tensor(parameter).set_requires_grad(false);
  }
  const Rewrites rewrites = Rewrites::Of(*model, Images({1, 3, 32, 32}));
  for (const auto& [name, tensor] : rewrites.Reduced(Parameters(*model))) {
    EXPECT_FALSE(tensor.requires_grad()) << name;
  }
}

// Moves each copy by as much: its sum by c times that.
TEST(Rewrites, WriteTheFullParametersThatTheReducedOnesStandFor) {
  const auto model = Make("vgg11_bn(width=8,hidden=16)", {3, 32, 32});
  std::map<std::string, at::Tensor> before;
  for (const auto& [name, tensor] : Parameters(*model)) {
    before[name] = tensor.detach().clone();
  }
  const Rewrites rewrites = Rewrites::Of(*model, GreyImages(1, 32));
  const NamedTensors names = Parameters(*model);
  std::vector<at::Tensor> steps;
  at::manual_seed(3);
  for (const auto& [name, tensor] : rewrites.Reduced(names)) {
    const Reduction* r = rewrites.Find(name);
    steps.push_back(at::randn_like(tensor.detach()));
    tensor.detach().sub_(steps.back(), r ? r->copies() : 1);
  }
  const std::vector<at::Tensor> full_steps = Full(rewrites, names, steps);
  rewrites.ToFull();
  for (size_t i = 0; i < names.size(); ++i) {
    const auto& [name, tensor] = names[i];
    EXPECT_LT(Distance(tensor.detach(), before[name] - full_steps[i]), 1e-13)
        << name;
  }
}

TEST(Rewrites, ComeBackFromTheFullParametersExactly) {
  const auto model = Make("vgg11_bn(width=8,hidden=16)", {3, 32, 32});
  model->to(at::kFloat);
  Rewrites rewrites =
      Rewrites::Of(*model, at::randn({1, 1, 32, 32}).expand({-1, 3, -1, -1}));
  const NamedTensors names = Parameters(*model);
  const NamedTensors reduced = rewrites.Reduced(names);
  std::vector<at::Tensor> before;
  NamedTensors sums;
  for (const auto& [name, tensor] : reduced) {
    tensor.detach().normal_();
    before.push_back(tensor.detach().clone());
  }
  for (const auto& [name, tensor] : rewrites.Sums()) {
    sums.emplace_back(name, tensor.detach().clone());
  }
  EXPECT_EQ(sums.size(), 2);
  rewrites.ToFull();
  for (size_t i = 0; i < reduced.size(); ++i) {
    const Reduction* r = rewrites.Find(reduced[i].first);
    if (r == nullptr) continue;
    reduced[i].second.detach().zero_();
    const at::Tensor gradient = at::randn_like(before[i]);
    EXPECT_TRUE(r->ReducedGradient(r->FullGradient(gradient)).equal(gradient));
  }
  rewrites.FromFull(sums);
  for (size_t i = 0; i < reduced.size(); ++i) {
    EXPECT_TRUE(reduced[i].second.detach().equal(before[i])) << names[i].first;
  }
}

}  // namespace
}  // namespace nclab
