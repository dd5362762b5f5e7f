#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>

#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::AllOf;
using testing::HasSubstr;

constexpr char kOf[] = "synthetic_images(train=1000,test=500,size=4)";

absl::StatusOr<Dataset> Load(const std::string& choice) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choice));
  return LoadDataset(bound, {});
}

absl::StatusOr<Dataset> Shuffled(const std::string& args = "") {
  return Load("random_labels(of=" + std::string(kOf) + args + ")");
}

int64_t SameLabels(const Split& a, const Split& b) {
  return a.labels.eq(b.labels).sum().item<int64_t>();
}

TEST(RandomLabels, KeepSamplesAndTheNumbersOfEachClass) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset real, Load(kOf));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset random, Shuffled());
  EXPECT_TRUE(random.train.samples.equal(real.train.samples));
  EXPECT_TRUE(random.test.samples.equal(real.test.samples));
  EXPECT_TRUE(
      at::bincount(random.train.labels).equal(at::bincount(real.train.labels)));
  EXPECT_EQ(random.class_names, real.class_names);
}

TEST(RandomLabels, AgreeWithTheRealOnesAsOftenAsChance) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset real, Load(kOf));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset random, Shuffled());
  // Hypergeometric: one in ten, deviations 9.5 and 6.7.
  EXPECT_NEAR(SameLabels(random.train, real.train), 100, 40);
  EXPECT_NEAR(SameLabels(random.test, real.test), 50, 28);
}

TEST(RandomLabels, OfTheTestSplitAreLeftWhereAsked) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset real, Load(kOf));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset random, Shuffled(",splits=train"));
  EXPECT_NEAR(SameLabels(random.train, real.train), 100, 40);
  EXPECT_EQ(SameLabels(random.test, real.test), 500);
}

TEST(RandomLabels, DependOnTheirSeed) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset a, Shuffled(",seed=1"));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset b, Shuffled(",seed=2"));
  EXPECT_LT(SameLabels(a.train, b.train), 1000);
}

TEST(RandomLabels, NormaliseByTheWholeOfTheOtherDataset) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset whole, Load(kOf));
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset part,
      Load("random_labels(of=synthetic_images(train=1000,test=500,size=4,"
           "train_size=7))"));
  EXPECT_EQ(part.train.size(), 7);
  EXPECT_TRUE(part.normalization.mean.equal(whole.normalization.mean));
}

TEST(RandomLabels, WriteTheOtherDatasetInFull) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const BoundChoice bound,
      Datasets().Bind("random_labels(of=synthetic_images(train=20))"));
  EXPECT_THAT(bound.ToString(),
              AllOf(HasSubstr("of=synthetic_images(train=20,test=200,"),
                    HasSubstr("label_noise=0")));
  NCLAB_ASSERT_OK_AND_ASSIGN(const BoundChoice again,
                             Datasets().Bind(bound.ToString()));
  EXPECT_EQ(again.ToString(), bound.ToString());
}

TEST(RandomLabels, RefuseADatasetThatIsNotThere) {
  EXPECT_THAT(Load("random_labels(of=imagenet)"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'imagenet'")));
  EXPECT_THAT(Load("random_labels(of=synthetic_images(tran=3))"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("'tran'")));
}

}  // namespace
}  // namespace nclab
