#include <ATen/TensorOperators.h>
#include <ATen/ops/stack.h>

#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

absl::StatusOr<Dataset> Load(const std::string& args) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice choice,
                         Datasets().Bind("synthetic_images(" + args + ")"));
  return LoadDataset(choice, {});
}

TEST(SyntheticImages, HaveTheShapeThatIsAskedFor) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load("train=6,test=4,classes=3,size=12,channels=2"));
  EXPECT_EQ(dataset.train.samples.sizes(), at::IntArrayRef({6, 2, 12, 12}));
  EXPECT_EQ(dataset.test.samples.sizes(), at::IntArrayRef({4, 2, 12, 12}));
  EXPECT_EQ(dataset.train.samples.scalar_type(), at::kByte);
  EXPECT_EQ(dataset.classes(), 3);
  for (int64_t i = 0; i < 6; ++i) {
    EXPECT_EQ(dataset.train.labels[i].item<int64_t>(), i % 3);
  }
}

TEST(SyntheticImages, WithoutNoiseAreOnePictureAClass) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             Load("train=6,test=4,classes=3,size=8,noise=0"));
  const at::Tensor& train = dataset.train.samples;
  EXPECT_TRUE(train[0].equal(train[3]));
  EXPECT_TRUE(train[0].equal(dataset.test.samples[0]));
  EXPECT_FALSE(train[0].equal(train[1]));
}

TEST(SyntheticImages, HaveTheNoiseThatIsAskedFor) {
  // Pixels are 128 + 40 (pattern + noise pattern), each of mean square 1; few
  // reach 0 or 255, and rounding adds 1/12.
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load("train=2000,test=1,classes=200,size=8,channels=1,noise=0.1"));
  const at::Tensor x =
      dataset.train.samples.to(at::kDouble).reshape({10, 200, 64});
  EXPECT_NEAR(x.mean().item<double>(), 128, 1);
  const double within =
      (x - x.mean(0)).pow(2).sum().item<double>() / (9 * 200 * 64);
  EXPECT_NEAR(within, 0.1 * 0.1 * 40 * 40 + 1.0 / 12, 0.8);
}

TEST(SyntheticImages, CanBeLearned) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             Load("train=500,test=200,size=16,noise=1"));
  std::vector<at::Tensor> means;
  for (int64_t c = 0; c < 10; ++c) {
    means.push_back(
        dataset.train.samples.to(at::kDouble)
            .masked_select(dataset.train.labels.eq(c).reshape({500, 1, 1, 1}))
            .reshape({50, -1})
            .mean(0));
  }
  const at::Tensor x = dataset.test.samples.to(at::kDouble).reshape({200, -1});
  const at::Tensor distances =
      (x.unsqueeze(1) - at::stack(means).unsqueeze(0)).pow(2).sum(2);
  const int64_t right =
      distances.argmin(1).eq(dataset.test.labels).sum().item<int64_t>();
  EXPECT_GE(right, 190) << "of 200 by the nearest mean; chance is 20";
}

TEST(SyntheticImages, OfASmallerSetBeginALargerOne) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset small, Load("train=30,test=20"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset large, Load("train=50,test=20"));
  EXPECT_TRUE(small.train.samples.equal(large.train.samples.slice(0, 0, 30)));
  EXPECT_TRUE(small.test.samples.equal(large.test.samples));
}

TEST(SyntheticImages, DependOnTheirSeed) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset a, Load("train=10,test=10"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset b, Load("train=10,test=10,seed=1"));
  EXPECT_FALSE(a.train.samples.equal(b.train.samples));
  EXPECT_FALSE(a.train.samples.equal(a.test.samples)) << "no sample twice";
}

TEST(SyntheticImages, RefuseWhatNoMachineHolds) {
  EXPECT_THAT(Load("train=100000000,test=1,size=1024"),
              StatusIs(StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("train=100000000"),
                             HasSubstr("channels=3, size=1024 takes "))));
  EXPECT_THAT(Load("classes=1"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'classes'")));
}

}  // namespace
}  // namespace nclab
