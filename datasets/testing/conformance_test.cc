// Single datasets: the pinned ones are the official ones, the made ones are
// what their formulas say. What all promise is in kit_test.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>

#include <cstdlib>

#include "datasets/dataset.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tools/testing/status_matchers.h"
#include "tools/testing/test_directory.h"

namespace nclab {
namespace {

using absl::StatusCode;
using testing::HasSubstr;

absl::StatusOr<Dataset> Load(const std::string& choice) {
  NCLAB_ASSIGN_OR_RETURN(const BoundChoice bound, Datasets().Bind(choice));
  // An empty directory: not the files of whoever runs the test.
  setenv("XDG_CACHE_HOME", EmptyTestDirectory().c_str(), 1);
  return LoadDataset(bound, {});
}

// Samples of each class.
std::vector<int64_t> Counts(const Split& split) {
  const at::Tensor counts = at::bincount(split.labels);
  const int64_t* data = counts.const_data_ptr<int64_t>();
  return {data, data + counts.numel()};
}

// The official files, by their published sums and statistics.
void ExpectOfficial(const std::string& name, double mean, double std) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, Load(name));
  ASSERT_EQ(dataset.files.size(), 4);
  for (const DataFile& file : dataset.files) {
    EXPECT_TRUE(file.official) << file.path;
  }
  EXPECT_EQ(dataset.train.samples.sizes(), at::IntArrayRef({60000, 1, 28, 28}));
  EXPECT_EQ(dataset.test.samples.sizes(), at::IntArrayRef({10000, 1, 28, 28}));
  EXPECT_EQ(dataset.classes(), 10);
  const DatasetInfo& info = (*Datasets().Find(name))->info;
  EXPECT_EQ(Counts(dataset.train), info.train_counts);
  EXPECT_EQ(Counts(dataset.test), info.test_counts);
  EXPECT_NEAR(dataset.normalization.mean.item<double>(), mean, 5e-5);
  EXPECT_NEAR(dataset.normalization.std.item<double>(), std, 5e-5);
}

TEST(Mnist, IsTheOfficialOne) { ExpectOfficial("mnist", 0.1307, 0.3081); }

TEST(FashionMnist, IsTheOfficialOne) {
  ExpectOfficial("fashion_mnist", 0.2860, 0.3530);
}

TEST(GaussianEtf, HasUnitMeansWithEqualAngles) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load("gaussian_etf(num_classes=5,dim=8,per_class=6,ratio=0.5)"));
  at::Tensor means = dataset.train.samples.reshape({6, 5, 8}).mean(0);
  means = means - means.mean(0);
  for (int64_t a = 0; a < 5; ++a) {
    for (int64_t b = 0; b < 5; ++b) {
      EXPECT_NEAR(means[a].dot(means[b]).item<double>(), a == b ? 1 : -0.25,
                  1e-12);
    }
  }
}

TEST(GaussianEtf, KeepsItsNoiseInTheSpanWhereAsked) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load("gaussian_etf(num_classes=5,dim=8,per_class=6,noise=in_span)"));
  const at::Tensor outside = dataset.train.samples.slice(1, 5);
  EXPECT_EQ(outside.abs().max().item<double>(), 0);
  const at::Tensor sums = dataset.train.samples.slice(1, 0, 5).sum(1);
  EXPECT_LT(sums.abs().max().item<double>(), 1e-12);
}

TEST(GaussianEtf, RefusesWhatItCannotMake) {
  EXPECT_THAT(Load("gaussian_etf(num_classes=5,dim=4)"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("dim=4")));
  EXPECT_THAT(Load("gaussian_etf(per_class=7)"),
              StatusIs(StatusCode::kInvalidArgument, HasSubstr("even")));
}

TEST(LoadDataset, NamesTheDatasetWhoseViewIsImpossible) {
  EXPECT_THAT(Load("mnist(train_size=60001)"),
              StatusIs(StatusCode::kInvalidArgument,
                       testing::AllOf(HasSubstr("'mnist'"),
                                      HasSubstr("train_size=60001"))));
}

}  // namespace
}  // namespace nclab
