#include <ATen/TensorOperators.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/zeros.h>

#include <filesystem>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "models/model.h"
#include "tools/base/tensors/tensor_archive.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

// Of testdata/make.py.
std::string Made(const std::string& name) {
  return std::filesystem::absolute("models/testdata/" + name).string();
}

absl::StatusOr<std::shared_ptr<Model>> Make(const std::string& arguments,
                                            int64_t classes = 4) {
  NCLAB_ASSIGN_OR_RETURN(
      const BoundChoice choice,
      Models().Bind(absl::StrCat("torchscript(", arguments, ")")));
  return MakeModel(choice, {{1, 8, 8}, classes});
}

at::Tensor Expected(const std::string& name) {
  const auto archive = TensorArchive::Open(Made("expected.pt"));
  EXPECT_THAT(archive, IsOk());
  return *archive->Find(name)->All();
}

double Largest(const at::Tensor& difference) {
  return difference.abs().max().item<double>();
}

TEST(TorchScript, GivesWhatPytorchGives) {
  const at::NoGradGuard no_grad;
  for (const char* file : {"net.pt", "traced.pt"}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(
        const auto model,
        Make(absl::StrCat("file=", Made(file), ",layers=blocks.0+pool")));
    EXPECT_EQ(model->head(), "fc");
    std::vector<std::string> names;
    for (const LayerInfo& layer : model->layers()) names.push_back(layer.name);
    EXPECT_THAT(names, testing::ElementsAre("blocks.0", "pool", "features"));
    model->eval();
    Taps taps(names);
    EXPECT_LT(Largest(model->Forward(Expected("x"), taps) - Expected("logits")),
              1e-6);
    EXPECT_LT(Largest(taps.tensors()[0] - Expected("blocks.0")), 1e-6);
    EXPECT_LT(Largest(taps.tensors()[1] - Expected("features")), 1e-6);
    EXPECT_LT(Largest(taps.tensors()[2] - Expected("features")), 1e-6);
  }
}

TEST(TorchScript, HasParametersThatItComputesWith) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto model,
                             Make(absl::StrCat("file=", Made("net.pt"))));
  EXPECT_NE(model->named_parameters().find("blocks.1.conv.weight"), nullptr);
  EXPECT_NE(model->named_buffers().find("blocks.1.bn.running_mean"), nullptr);
  const at::NoGradGuard no_grad;
  model->to(at::kDouble);
  for (at::Tensor& parameter : model->parameters()) parameter.zero_();
  model->named_parameters()["fc.bias"].fill_(3);
  Taps none;
  const at::Tensor logits =
      model->Forward(at::zeros({2, 1, 8, 8}, at::kDouble), none);
  EXPECT_TRUE(logits.eq(3).all().item<bool>());
  // In training mode batch normalisation counts.
  EXPECT_EQ(
      model->named_buffers()["blocks.0.bn.num_batches_tracked"].item<int64_t>(),
      2);
}

TEST(TorchScript, HasANewHeadForOtherClasses) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto same,
                             Make(absl::StrCat("file=", Made("net.pt")), 0));
  EXPECT_EQ(same->named_parameters()["fc.weight"].size(0), 4);
  NCLAB_ASSERT_OK_AND_ASSIGN(const auto other,
                             Make(absl::StrCat("file=", Made("net.pt")), 7));
  EXPECT_EQ(other->named_parameters()["fc.weight"].size(0), 7);
  EXPECT_TRUE(other->named_parameters()["stem.weight"].equal(
      same->named_parameters()["stem.weight"]));
}

TEST(TorchScript, RefusesByName) {
  const auto refused = [](const std::string& arguments, const std::string& a,
                          const std::string& b = "") {
    EXPECT_THAT(Make(arguments), StatusIs(StatusCode::kInvalidArgument,
                                          AllOf(HasSubstr(a), HasSubstr(b))))
        << arguments;
  };
  const std::string net = absl::StrCat("file=", Made("net.pt"));
  refused("features=fc", "torchscript(file=NET.pt)");
  refused(net + ",features=block", "Unknown module 'block'. Did you mean",
          "blocks, blocks.0, blocks.0.bn, blocks.0.conv, blocks.1");
  refused(net + ",layers=blocks.2", "Unknown module 'blocks.2'");
  refused(net + ",head=stem", "Unknown Linear module 'stem'", "Known: fc");
  refused(net + ",features=fc", "has 4 numbers a sample, but its head 'fc'");
  refused(absl::StrCat("file=", Made("frozen.pt")), "torch.jit.freeze()");
  refused(absl::StrCat("file=", Made("two_outputs.pt")), "Tuple");
  refused(absl::StrCat("file=", Made("tensors.pt")), "tensors.pt",
          "no TorchScript module");
  refused(absl::StrCat("file=", Made("make.py")), "no TorchScript module");
  EXPECT_THAT(Make("file=/nowhere/net.pt"),
              StatusIs(StatusCode::kNotFound, HasSubstr("/nowhere/net.pt")));
  NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice choice,
                             Models().Bind("torchscript(" + net + ")"));
  EXPECT_THAT(MakeModel(choice, {{3, 8, 8}, 4}),
              StatusIs(StatusCode::kInvalidArgument,
                       HasSubstr("does not take samples of 3x8x8")));
}

}  // namespace
}  // namespace nclab
