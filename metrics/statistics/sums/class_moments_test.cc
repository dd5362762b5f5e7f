#include "metrics/statistics/sums/class_moments.h"

#include <ATen/Parallel.h>
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/randperm.h>

#include <cmath>
#include <limits>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace nclab {
namespace {

constexpr int64_t kSamples = 700;
constexpr int64_t kClasses = 7;

// Features whose classes lie `spread` around means of norm about 1, all of it
// `offset` away from the origin; in the precision `type`.
at::Tensor Features(int64_t dim, double spread, double offset,
                    at::ScalarType type, const at::Tensor& labels) {
  at::manual_seed(1);
  const at::TensorOptions options(at::kDouble);
  const at::Tensor means =
      at::randn({kClasses, dim}, options) / std::sqrt(static_cast<double>(dim));
  return (means.index_select(0, labels) +
          at::randn({labels.size(0), dim}, options) *
              (spread / std::sqrt(static_cast<double>(dim))) +
          offset)
      .to(type);
}

at::Tensor Labels() {
  at::manual_seed(2);
  // Unequal classes: class c has more samples than c + 1; class 6 has none.
  const at::Tensor order = at::randperm(kSamples, at::TensorOptions(at::kLong));
  return (order * order).div(1000, "floor").remainder(kClasses - 1);
}

// Two passes in long double over the very numbers that the features hold.
Moments Reference(const at::Tensor& features, const at::Tensor& labels) {
  const at::Tensor h = features.to(at::kDouble).contiguous();
  const double* row = h.const_data_ptr<double>();
  const int64_t* label = labels.const_data_ptr<int64_t>();
  const int64_t dim = h.size(1), n = h.size(0);
  Moments m;
  m.dim = dim;
  m.count.assign(kClasses, 0);
  std::vector<long double> mean(kClasses * dim, 0), scatter(kClasses, 0);
  for (int64_t i = 0; i < n; ++i) {
    ++m.count[label[i]];
    for (int64_t d = 0; d < dim; ++d) {
      mean[label[i] * dim + d] += row[i * dim + d];
    }
  }
  for (int64_t c = 0; c < kClasses; ++c) {
    for (int64_t d = 0; d < dim && m.count[c] > 0; ++d) {
      mean[c * dim + d] /= m.count[c];
    }
  }
  for (int64_t i = 0; i < n; ++i) {
    for (int64_t d = 0; d < dim; ++d) {
      const long double z = row[i * dim + d] - mean[label[i] * dim + d];
      scatter[label[i]] += z * z;
    }
  }
  m.mean.assign(mean.begin(), mean.end());
  m.scatter.assign(scatter.begin(), scatter.end());
  return m;
}

// Relative to the size of the numbers themselves.
void ExpectNear(const Moments& got, const Moments& want, double tolerance) {
  ASSERT_EQ(got.dim, want.dim);
  EXPECT_EQ(got.count, want.count);
  ASSERT_EQ(got.mean.size(), want.mean.size());
  for (size_t i = 0; i < want.mean.size(); ++i) {
    EXPECT_NEAR(got.mean[i], want.mean[i],
                tolerance * std::max(1.0, std::abs(want.mean[i])));
  }
  ASSERT_EQ(got.scatter.size(), want.scatter.size());
  for (size_t c = 0; c < want.scatter.size(); ++c) {
    EXPECT_NEAR(got.scatter[c], want.scatter[c], tolerance * want.scatter[c]);
  }
}

Moments Accumulate(const at::Tensor& features, const at::Tensor& labels,
                   int64_t batch = kSamples) {
  ClassMoments moments(kClasses, features.size(1), at::kCPU);
  for (int64_t i = 0; i < features.size(0); i += batch) {
    moments.Add(features.slice(0, i, i + batch), labels.slice(0, i, i + batch));
  }
  return moments.Finish();
}

Moments AccumulateByTensorOperations(const at::Tensor& features,
                                     const at::Tensor& labels) {
  ClassMoments moments(kClasses, features.size(1), at::kCPU);
  moments.AddByTensorOperations(features, labels);
  return moments.Finish();
}

struct Case {
  int64_t dim;
  double spread;
  double offset;
  at::ScalarType type;
};

class ClassMomentsOf : public testing::TestWithParam<Case> {
 protected:
  ClassMomentsOf()
      : labels_(Labels()),
        features_(Features(GetParam().dim, GetParam().spread, GetParam().offset,
                           GetParam().type, labels_)) {}

  const at::Tensor labels_;
  const at::Tensor features_;
};

TEST_P(ClassMomentsOf, TheKernelEqualATwoPassReference) {
  ExpectNear(Accumulate(features_, labels_), Reference(features_, labels_),
             1e-12);
}

TEST_P(ClassMomentsOf, TensorOperationsEqualATwoPassReference) {
  ExpectNear(AccumulateByTensorOperations(features_, labels_),
             Reference(features_, labels_), 1e-12);
}

TEST_P(ClassMomentsOf, AnySplitIntoBatchesAgree) {
  const Moments whole = Accumulate(features_, labels_);
  for (const int64_t batch : {1, 3, 128, 699}) {
    ExpectNear(Accumulate(features_, labels_, batch), whole, 1e-12);
  }
}

TEST_P(ClassMomentsOf, AnyNumberOfThreadsAreTheSameBytes) {
  const int before = at::get_num_threads();
  at::set_num_threads(1);
  const Moments one = Accumulate(features_, labels_, 128);
  for (const int threads : {2, 3, 5}) {
    at::set_num_threads(threads);
    const Moments many = Accumulate(features_, labels_, 128);
    EXPECT_EQ(many.mean, one.mean) << threads;
    EXPECT_EQ(many.scatter, one.scatter) << threads;
  }
  at::set_num_threads(before);
}

INSTANTIATE_TEST_SUITE_P(
    Features, ClassMomentsOf,
    testing::Values(Case{512, 1, 0, at::kFloat}, Case{300, 0.1, 1, at::kFloat},
                    Case{130, 0.1, 1e4, at::kFloat},
                    Case{512, 1, 0, at::kDouble},
                    Case{300, 1e-4, 1e4, at::kDouble},
                    Case{1, 1, 10, at::kDouble}, Case{9, 1, 0, at::kFloat},
                    Case{64, 1, 0, at::kBFloat16}, Case{64, 1, 0, at::kHalf}));

TEST(ClassMoments, ReadFeaturesWhateverTheirStrides) {
  const at::Tensor labels = Labels();
  const at::Tensor wide = Features(64, 1, 0, at::kFloat, labels);
  const at::Tensor columns = wide.slice(1, 8, 24);
  const at::Tensor turned = columns.t().contiguous().t();
  const Moments want = Reference(columns, labels);
  ExpectNear(Accumulate(columns, labels), want, 1e-12);
  ExpectNear(Accumulate(turned, labels), want, 1e-12);
}

TEST(ClassMoments, OfASingleSampleHaveNoScatter) {
  const at::Tensor labels = at::arange(3, at::TensorOptions(at::kLong));
  const at::Tensor features = at::randn({3, 5}, at::TensorOptions(at::kDouble));
  const Moments moments = Accumulate(features, labels);
  EXPECT_THAT(moments.count, testing::ElementsAre(1, 1, 1, 0, 0, 0, 0));
  EXPECT_THAT(moments.scatter, testing::Each(0.0));
  EXPECT_EQ(moments.mean_of(1)[2], features[1][2].item<double>());
}

TEST(ClassMoments, OfNothingAreZero) {
  ClassMoments accumulated(2, 3, at::kCPU);
  accumulated.Add(at::randn({0, 3}),
                  at::arange(0, at::TensorOptions(at::kLong)));
  const Moments moments = accumulated.Finish();
  EXPECT_EQ(moments.total(), 0);
  EXPECT_THAT(moments.mean, testing::Each(0.0));
}

TEST(ClassMoments, OfWhatIsNotANumberAreNone) {
  const at::Tensor labels = Labels();
  for (const double bad : {std::numeric_limits<double>::quiet_NaN(),
                           std::numeric_limits<double>::infinity()}) {
    at::Tensor features = Features(20, 1, 0, at::kFloat, labels);
    features[50][7] = bad;
    const int64_t c = labels[50].item<int64_t>();
    for (const Moments& moments :
         {Accumulate(features, labels),
          AccumulateByTensorOperations(features, labels)}) {
      EXPECT_FALSE(std::isfinite(moments.scatter[c]));
      EXPECT_FALSE(std::isfinite(moments.mean_of(c)[7]));
    }
  }
}

}  // namespace
}  // namespace nclab
