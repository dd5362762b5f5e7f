// Training with and without the exact rewrites is the same training.
#include "experiments/recipes/reductions.h"

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cross_entropy_loss.h>
#include <ATen/ops/rand.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "experiments/recipes/batches.h"
#include "experiments/recipes/optimizer.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_device.h"

namespace nclab {
namespace {

constexpr int kSteps = 200;
constexpr int64_t kSamples = 24, kBatch = 8, kClasses = 4;

struct Setting {
  std::string model;
  bool grey = false;
  double lr = 0.01;
  // Terms of the longest sum in forward and backward pass.
  double terms;
  std::string optimizer = "sgd";
};

enum class Kind { kPlain, kRewritten, kDisturbed };

// What is left of a training: parameters, states of the optimizer, logits in
// eval mode.
struct Left {
  std::string kind;  // "parameters", "logits" or the state's name
  std::string name;
  at::Tensor tensor;
};
using Result = std::vector<Left>;

Result Run(const Setting& setting, at::ScalarType type, Kind kind) {
  const at::Device device(TestDevice());
  at::manual_seed(1);
  auto made = MakeModel(*Models().Bind(setting.model), {{3, 32, 32}, kClasses});
  EXPECT_THAT(made, IsOk());
  Model& model = **made;
  model.to(type);
  model.to(device);
  at::Tensor samples = at::randn({kSamples, setting.grey ? 1 : 3, 32, 32},
                                 at::TensorOptions(at::kDouble))
                           .to(device, type)
                           .expand({-1, 3, -1, -1});
  const at::Tensor labels =
      at::randint(kClasses, {kSamples}, at::TensorOptions(at::kLong))
          .to(device);
  const Rewrites rewrites = kind == Kind::kRewritten
                                ? Rewrites::Of(model, samples.slice(0, 0, 1))
                                : Rewrites();
  EXPECT_EQ(rewrites.words().empty(), kind != Kind::kRewritten);
  NamedTensors names;
  for (const auto& item : model.named_parameters()) {
    names.emplace_back(item.key(), item.value());
  }
  std::vector<at::Tensor> trained;
  for (const auto& [name, tensor] : rewrites.Reduced(names)) {
    trained.push_back(tensor);
  }
  const BoundChoice choice = *Optimizers().Bind(setting.optimizer);
  const auto optimizer = MakeOptimizer(
      choice,
      {.parameters = trained, .step_scales = StepScales(rewrites, names)});
  EXPECT_THAT(optimizer, IsOk());
  const HoldingReductions holding = ReductionsUnder(choice);
  EXPECT_TRUE(holding.kinds.positions && holding.kinds.sums);
  const double unit = type == at::kDouble
                          ? std::numeric_limits<double>::epsilon() / 2
                          : std::numeric_limits<float>::epsilon() / 2;
  at::Generator noise = at::detail::createCPUGenerator(7);
  at::manual_seed(2);  // of dropout
  for (int step = 0; step < kSteps; ++step) {
    const int64_t begin = step * kBatch % kSamples;
    const at::Tensor index = at::arange(
        begin, begin + kBatch, at::TensorOptions(at::kLong).device(device));
    Taps taps;
    (*optimizer)->SetRate(setting.lr);
    const at::Tensor logits = model.Forward(Gather(samples, index), taps);
    at::cross_entropy_loss(logits, labels.index_select(0, index)).backward();
    (*optimizer)->Step();
    if (kind != Kind::kDisturbed) continue;
    const at::NoGradGuard no_grad;
    for (const at::Tensor& w : trained) {
      // One rounding of each number: a relative error of up to `unit`.
      const at::Tensor draw = at::rand(w.sizes(), noise, type).to(device);
      w.detach().mul_(1 + unit * (2 * draw - 1));
    }
  }
  rewrites.ToFull();
  Result result;
  const auto keep = [&](const std::string& kind, const std::string& name,
                        const at::Tensor& tensor) {
    result.push_back({kind, name, tensor.detach().to(at::kCPU, at::kDouble)});
  };
  for (const auto& [name, tensor] : names) keep("parameters", name, tensor);
  for (const OptimizerState& state : (*optimizer)->State()) {
    const std::vector<at::Tensor> full =
        FullState(rewrites, names, state.tensors);
    for (size_t i = 0; i < names.size(); ++i) {
      keep(state.name, names[i].first, full[i]);
    }
  }
  model.eval();
  const at::NoGradGuard no_grad;
  Taps taps;
  keep("logits", "logits", model.Forward(samples, taps));
  return result;
}

// The largest distance of any number, relative to the largest number of its
// kind: parameters, a state, logits. (Not of its tensor: the gradient of a bias
// before a batch normalisation is 0, and what is left of it is rounding.)
double Distance(const Result& a, const Result& b) {
  std::map<std::string, double> scale, distance;
  EXPECT_EQ(a.size(), b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    EXPECT_EQ(a[i].tensor.sizes(), b[i].tensor.sizes()) << a[i].name;
    const double d = (a[i].tensor - b[i].tensor).abs().max().item<double>();
    EXPECT_TRUE(std::isfinite(d)) << a[i].name;
    double& largest = scale[a[i].kind];
    largest = std::max(largest, a[i].tensor.abs().max().item<double>());
    distance[a[i].kind] = std::max(distance[a[i].kind], d);
  }
  double relative = 0;
  for (const auto& [kind, d] : distance) {
    relative = std::max(relative, d / scale[kind]);
  }
  return relative;
}

// The bound. In exact arithmetic the two trainings are one (reductions.h). In
// floating point a rewrite changes the order in which sums of up to n terms are
// added, which moves each by at most 2 n u of the sum of their sizes, u the
// unit roundoff. To first order a small error of one step is carried to the end
// by a linear map that is the same whatever the error came from. So a training
// whose weights are disturbed by one rounding u after each step measures how
// far one rounding a step is carried, and 2 n times that bounds the rewritten
// one.
// In double precision: in single precision one rounding a step is carried to
// the order of the numbers themselves in 200 steps of so few samples.
void ExpectOneTraining(const Setting& setting, at::ScalarType type) {
  const Result plain = Run(setting, type, Kind::kPlain);
  const double carried = Distance(plain, Run(setting, type, Kind::kDisturbed));
  const double bound = 2 * setting.terms * carried;
  const double distance = Distance(plain, Run(setting, type, Kind::kRewritten));
  std::printf("distance %.2e, one rounding a step %.2e, bound %.2e\n", distance,
              carried, bound);
  EXPECT_LE(distance, bound);
  // The bound says something: a mistake is of the order of the weights.
  EXPECT_LT(bound, 1e-3);
}

const Setting kResNet = {"resnet18(width=8)", false, 0.01, 576};
const Setting kGreyResNet = {"resnet18(width=8)", true, 0.01, 576};
const Setting kVgg = {"vgg11_bn(width=8,hidden=16)", false, 0.01, 3136};
const Setting kWiderVgg = {"vgg11_bn(width=16,hidden=16)", false, 0.01,
                           9 * 1152};
const Setting kDenseNet = {"densenet121(growth=4)", false, 0.01, 512};

TEST(Reductions, LeavesTheTrainingOfResNet18AsItIs) {
  ExpectOneTraining(kResNet, at::kDouble);
}
TEST(Reductions, LeavesTheTrainingOnGreyImagesAsItIs) {
  ExpectOneTraining(kGreyResNet, at::kDouble);
}
TEST(Reductions, LeavesTheTrainingOfVggAsItIs) {
  ExpectOneTraining(kVgg, at::kDouble);
}
// Wide enough for Winograd's convolutions. Their products are of sums of up to
// four inputs and of nine numbers of a kernel, and nine of them are summed:
// sizes that grow by up to 9, on top of sums of 9 x 128 terms.
TEST(Reductions, LeavesTheTrainingOfAWiderVggAsItIs) {
  ExpectOneTraining(kWiderVgg, at::kDouble);
}
TEST(Reductions, LeavesTheTrainingOfDenseNetAsItIs) {
  ExpectOneTraining(kDenseNet, at::kDouble);
}

// Of each optimizer, where there are sums of copies and dead positions: VGG's
// first Linear, and a convolution of grey images.
TEST(Reductions, LeavesNesterovsTrainingAsItIs) {
  Setting setting = kVgg;
  setting.optimizer = "sgd(nesterov=true)";
  ExpectOneTraining(setting, at::kDouble);
}
TEST(Reductions, LeavesAdamsTrainingOfVggAsItIs) {
  Setting setting = kVgg;
  setting.optimizer = "adam";
  setting.lr = 0.001;
  ExpectOneTraining(setting, at::kDouble);
}
TEST(Reductions, LeavesAdamsTrainingOnGreyImagesAsItIs) {
  Setting setting = kGreyResNet;
  setting.optimizer = "adamw(weight_decay=0)";
  setting.lr = 0.001;
  ExpectOneTraining(setting, at::kDouble);
}

TEST(ReductionsThatHold, SaysWhatIsLeftOutAndWhy) {
  const auto under = [](const std::string& optimizer, bool from_another) {
    return ReductionsThatHold(ReductionsUnder(*Optimizers().Bind(optimizer)),
                              from_another);
  };
  for (const std::string optimizer :
       {"sgd", "sgd(nesterov=true)", "adam", "adamw(weight_decay=0)"}) {
    const HoldingReductions all = under(optimizer, false);
    EXPECT_EQ(all.left_out, "");
    EXPECT_TRUE(all.kinds.positions && all.kinds.sums);
    const HoldingReductions child = under(optimizer, true);
    EXPECT_THAT(child.left_out, testing::StartsWith("sums of copies"));
    EXPECT_TRUE(child.kinds.positions && !child.kinds.sums);
  }
  for (const std::string optimizer :
       {"sgd(weight_decay=1e-4)", "sgd(weight_decay=1e-4,decoupled=true)",
        "adam(weight_decay=1e-4)", "adamw"}) {
    for (const bool from_another : {false, true}) {
      const HoldingReductions decayed = under(optimizer, from_another);
      EXPECT_THAT(decayed.left_out, testing::HasSubstr("weight decay"));
      EXPECT_FALSE(decayed.kinds.positions || decayed.kinds.sums);
    }
  }
}

}  // namespace
}  // namespace nclab
