// What every registered dataset promises, on the pinned data.
#include <ATen/TensorOperators.h>
#include <ATen/ops/bincount.h>
#include <ATen/ops/isfinite.h>

#include "datasets/dataset.h"
#include "datasets/view.h"
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
  return LoadDataset(bound, {EmptyTestDirectory()});
}

// The others have tests of their own: no copy of their files is pinned.
bool IsPinned(const std::string& name) {
  return name != "cifar10" && name != "stl10" && name != "svhn";
}

class Conformance : public testing::TestWithParam<std::string> {};

TEST_P(Conformance, HasSamplesAndLabelsThatFit) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset, Load(GetParam()));
  const int64_t classes = dataset.classes();
  EXPECT_GE(classes, 2);
  for (const Split* split : {&dataset.train, &dataset.test}) {
    ASSERT_EQ(split->samples.size(0), split->size());
    EXPECT_EQ(split->labels.scalar_type(), at::kLong);
    EXPECT_GE(split->labels.min().item<int64_t>(), 0);
    EXPECT_LT(split->labels.max().item<int64_t>(), classes);
    const at::Tensor counts = at::bincount(split->labels, {}, classes);
    EXPECT_GT(counts.min().item<int64_t>(), 0) << "a class is empty";
  }
  const at::Tensor& train = dataset.train.samples;
  const at::Tensor& test = dataset.test.samples;
  ASSERT_EQ(train.scalar_type(), test.scalar_type());
  ASSERT_EQ(train.sizes().slice(1), test.sizes().slice(1));
  if (train.scalar_type() == at::kByte) {
    ASSERT_EQ(train.dim(), 4);
    ASSERT_EQ(static_cast<int64_t>(dataset.stats.mean.size()), train.size(1));
    EXPECT_GT(dataset.stats.std[0], 0.1);
  } else {
    EXPECT_EQ(train.dim(), 2);
    EXPECT_TRUE(at::isfinite(train).all().item<bool>());
  }
}

TEST_P(Conformance, GivesTheSameTensorsTwice) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset a, Load(GetParam()));
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset b, Load(GetParam()));
  EXPECT_TRUE(a.train.samples.equal(b.train.samples));
  EXPECT_TRUE(a.train.labels.equal(b.train.labels));
  EXPECT_TRUE(a.test.samples.equal(b.test.samples));
  EXPECT_TRUE(a.test.labels.equal(b.test.labels));
}

TEST_P(Conformance, HasTheSizesOfItsView) {
  NCLAB_ASSERT_OK_AND_ASSIGN(
      const Dataset dataset,
      Load(GetParam() + "(train_per_class=3,test_size=7)"));
  EXPECT_EQ(dataset.train.size(), 3 * dataset.classes());
  EXPECT_EQ(dataset.test.size(), 7);
}

TEST_P(Conformance, HasTheShapeThatItSays) {
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             Load(GetParam() + "(train_size=4,test_size=4)"));
  const at::Tensor x = NormalizedSamples(dataset, dataset.train, at::kCPU);
  std::vector<int64_t> shape = SampleShape(dataset);
  shape.insert(shape.begin(), 4);
  EXPECT_EQ(x.sizes(), at::IntArrayRef(shape));
  EXPECT_EQ(x.scalar_type(), at::kFloat);
}

std::vector<std::string> AllDatasets() {
  std::vector<std::string> names;
  for (const auto* entry : Datasets().List()) {
    if (!IsPinned(entry->info.name)) continue;
    names.push_back(entry->info.name);
  }
  return names;
}

INSTANTIATE_TEST_SUITE_P(Datasets, Conformance,
                         testing::ValuesIn(AllDatasets()),
                         [](const auto& info) { return info.param; });

TEST(Superclasses, MapEveryClassToOneThatIsNamed) {
  for (const auto* entry : Datasets().List()) {
    if (!IsPinned(entry->info.name)) continue;
    for (const auto& [name, superclass] : entry->info.superclasses) {
      NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset whole, Load(entry->info.name));
      EXPECT_EQ(static_cast<int64_t>(superclass.targets.size()),
                whole.classes());
      const int64_t named = static_cast<int64_t>(superclass.class_names.size());
      for (int64_t target = 0; target < named; ++target) {
        EXPECT_THAT(superclass.targets, testing::Contains(target));
      }
      EXPECT_THAT(
          superclass.targets,
          testing::Each(testing::AllOf(testing::Ge(-1), testing::Lt(named))));
    }
  }
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
  EXPECT_NEAR(dataset.stats.mean[0], mean, 5e-5);
  EXPECT_NEAR(dataset.stats.std[0], std, 5e-5);
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
