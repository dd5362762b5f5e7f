#include "metrics/statistics/sums/projections.h"

#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/from_blob.h>
#include <ATen/ops/linalg_pinv.h>
#include <ATen/ops/randint.h>
#include <ATen/ops/randn.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/tensor.h>
#include <ATen/ops/where.h>

#include <cmath>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "metrics/statistics/sums/class_moments.h"

namespace nclab {
namespace {

constexpr int64_t kClasses = 4;

struct Data {
  at::Tensor features, labels;
};

Data Random(int64_t n, int64_t dim, double offset) {
  at::manual_seed(1);
  const at::TensorOptions doubles(at::kDouble);
  const at::Tensor labels =
      at::randint(kClasses, {n}, at::TensorOptions(at::kLong));
  return {at::randn({kClasses, dim}, doubles).index_select(0, labels) +
              at::randn({n, dim}, doubles) + offset,
          labels};
}

Moments MomentsOf(const Data& data) {
  ClassMoments sums(kClasses, data.features.size(1), at::kCPU);
  sums.Add(data.features, data.labels);
  return sums.Finish();
}

Projections Project(const Data& data, const Moments* train,
                    const at::Tensor& decisions) {
  const Moments own = MomentsOf(data);
  ProjectionSums sums(own, train, at::kCPU);
  for (int64_t i = 0; i < data.features.size(0); i += 64) {
    sums.Add(data.features.slice(0, i, i + 64), data.labels.slice(0, i, i + 64),
             decisions.defined() ? decisions.slice(0, i, i + 64) : decisions);
  }
  return sums.Finish();
}

// Sigma_W and Sigma_B in full, D x D, in fp64.
TEST(ProjectionSums, EqualTheTraceOfFullCovariances) {
  for (const int64_t dim : {2, 3, 20}) {
    for (const double offset : {0.0, 100.0}) {
      const Data data = Random(300, dim, offset);
      std::vector<at::Tensor> means;
      for (int64_t c = 0; c < kClasses; ++c) {
        means.push_back(
            data.features.index_select(0, (data.labels == c).nonzero().view(-1))
                .mean(0));
      }
      const at::Tensor m = at::stack(means);
      const at::Tensor z = data.features - m.index_select(0, data.labels);
      const at::Tensor centered = m - m.mean(0);
      const at::Tensor within = z.t().mm(z) / 300;
      const at::Tensor between = centered.t().mm(centered) / kClasses;
      const double want =
          within.mm(at::linalg_pinv(between, 1e-10)).trace().item<double>();
      const Projections got = Project(data, nullptr, {});
      EXPECT_NEAR(got.whitened * kClasses / 300 / want, 1, 1e-9)
          << dim << " " << offset;
      EXPECT_EQ(got.rank, std::min<int64_t>(dim, kClasses - 1));
      EXPECT_FALSE(got.has_train);
      EXPECT_EQ(got.own.disagree, -1);
    }
  }
}

TEST(ProjectionSums, FindTheNearestMeanOfEachSample) {
  const Data data = Random(300, 5, 10);
  const Moments own = MomentsOf(data);
  const at::Tensor decisions = (data.labels + 1).remainder(kClasses);
  const Projections got = Project(data, nullptr, decisions);
  int64_t correct = 0, disagree = 0;
  for (int64_t i = 0; i < 300; ++i) {
    const at::Tensor row = data.features[i].contiguous();
    int64_t nearest = 0;
    double least = INFINITY;
    for (int64_t c = 0; c < kClasses; ++c) {
      const double distance =
          SquaredDistance(row.const_data_ptr<double>(), own.mean_of(c), 5);
      if (distance < least) {
        least = distance;
        nearest = c;
      }
    }
    correct += nearest == data.labels[i].item<int64_t>();
    disagree += nearest != decisions[i].item<int64_t>();
  }
  EXPECT_EQ(got.own.correct, correct);
  EXPECT_EQ(got.own.disagree, disagree);
  EXPECT_GT(correct, 100);
  EXPECT_LT(correct, 300);
}

// Ten test samples a class, two of them at the vertex of the next class: the
// means of the training split lie at the vertices, those of the test split in
// between. Decisions are the labels.
TEST(ProjectionSums, TakeTheMeansOfTheTrainingSplit) {
  for (const double offset : {0.0, 1e4}) {
    const at::TensorOptions longs(at::kLong);
    const at::Tensor labels = at::arange(40, longs).remainder(kClasses);
    const at::Tensor vertex = at::where(
        at::arange(40, longs) < 8, (labels + 1).remainder(kClasses), labels);
    const auto at_vertices = [&](const at::Tensor& index) {
      return (index.unsqueeze(1) == at::arange(6, longs)).to(at::kDouble) +
             offset;
    };
    const Moments train = MomentsOf({at_vertices(labels), labels});
    const Projections got =
        Project({at_vertices(vertex), labels}, &train, labels);
    ASSERT_TRUE(got.has_train);
    EXPECT_EQ(got.train.correct, 32);
    EXPECT_EQ(got.train.disagree, 8);
    EXPECT_FALSE(got.train.coincide);
    // Each test mean is 0.8 of its vertex and 0.2 of the next.
    EXPECT_EQ(got.own.correct, 32);
  }
}

TEST(ProjectionSums, SayThatMeansCoincide) {
  Data data = Random(40, 3, 5);
  const Moments apart = MomentsOf(data);
  data.features = data.features.slice(0, 0, 10).repeat({4, 1});
  data.labels = at::arange(40, at::TensorOptions(at::kLong)).div(10, "floor");
  const Moments equal = MomentsOf(data);
  EXPECT_TRUE(Project(data, &apart, {}).own.coincide);
  EXPECT_FALSE(Project(data, &apart, {}).train.coincide);
  EXPECT_TRUE(Project(data, &equal, {}).train.coincide);
}

}  // namespace
}  // namespace nclab
