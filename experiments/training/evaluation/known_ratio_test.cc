// Where data meets metrics: what the accumulation and the metrics say of
// gaussian_etf, whose samples have known answers.
#include <ATen/core/Tensor.h>

#include <tuple>

#include "absl/strings/str_cat.h"
#include "datasets/dataset.h"
#include "gtest/gtest.h"
#include "metrics/metric.h"
#include "metrics/statistics/sums/class_moments.h"
#include "tools/base/text/numbers.h"
#include "tools/testing/status_matchers.h"

namespace nclab {
namespace {

Moments MomentsOf(const Split& split, int64_t classes, at::ScalarType type) {
  ClassMoments moments(classes, split.samples.size(1), at::kCPU);
  for (int64_t i = 0; i < split.size(); i += 64) {
    moments.Add(split.samples.slice(0, i, i + 64).to(type),
                split.labels.slice(0, i, i + 64));
  }
  return moments.Finish();
}

double ValueOf(const std::string& name, const Moments& moments) {
  const auto choice = Metrics().Bind(name);
  const auto entry = Metrics().Find(name);
  EXPECT_TRUE(choice.ok() && entry.ok()) << name;
  Kept kept;
  kept.Set("class_moments", moments.ToArrays());
  const MetricValue value = (*entry)->factory(choice->params, {kept, kept, {}});
  EXPECT_EQ(value.undefined, "") << name;
  return value.value;
}

absl::StatusOr<Dataset> Make(double ratio, int64_t classes, int64_t dim,
                             double offset, const char* noise) {
  NCLAB_ASSIGN_OR_RETURN(
      const BoundChoice choice,
      Datasets().Bind(absl::StrCat(
          "gaussian_etf(ratio=", FormatDouble(ratio), ",num_classes=", classes,
          ",dim=", dim, ",offset=", FormatDouble(offset), ",noise=", noise,
          ",per_class=20,test_samples=10)")));
  return LoadDataset(choice, {});
}

using Case = std::tuple<double, int64_t, int64_t, double, const char*>;
class KnownRatio : public testing::TestWithParam<Case> {};

TEST_P(KnownRatio, IsMeasuredToNineDigits) {
  const auto [ratio, classes, dim, offset, noise] = GetParam();
  NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                             Make(ratio, classes, dim, offset, noise));
  const double k = static_cast<double>(classes);
  for (const Split* split : {&dataset.train, &dataset.test}) {
    const Moments m = MomentsOf(*split, classes, at::kDouble);
    EXPECT_NEAR(ValueOf("variance_ratio", m) / ratio, 1, 1e-9);
    EXPECT_NEAR(ValueOf("within_variance", m) / ratio, 1, 1e-9);
    EXPECT_NEAR(ValueOf("between_variance", m), 1, 1e-9);
    EXPECT_NEAR(ValueOf("cdnv", m) / (ratio * (k - 1) / (2 * k)), 1, 1e-9);
  }
}

INSTANTIATE_TEST_SUITE_P(
    AtTheOrigin, KnownRatio,
    testing::Combine(testing::Values(1.0, 1e-2, 1e-4, 1e-6, 1e-8),
                     testing::Values(2, 10, 50), testing::Values(50, 512),
                     testing::Values(0.0),
                     testing::Values("isotropic", "in_span")));

// At an offset of 1e4 the samples are rounded to 9e-13 before anyone measures
// them. With noise of 1e-3 over 50 coordinates that is 7e-9 of a coordinate,
// and averages out to less than 1e-9 of the ratio; below, the samples
// themselves no longer have the ratio to nine digits.
INSTANTIATE_TEST_SUITE_P(
    FarFromTheOrigin, KnownRatio,
    testing::Combine(testing::Values(1.0, 1e-2, 1e-4, 1e-6),
                     testing::Values(10), testing::Values(50),
                     testing::Values(1.0, 100.0, 1e4),
                     testing::Values("isotropic", "in_span")));

// What fp32 features can hold: at the origin coordinates are below 1, so
// rounding is 3e-8 of noise that is 1.4e-4 (ratio 1e-6 over 50 coordinates).
TEST(KnownRatio, IsMeasuredInSinglePrecisionToFourDigits) {
  for (const double ratio : {1.0, 1e-2, 1e-4, 1e-6}) {
    NCLAB_ASSERT_OK_AND_ASSIGN(const Dataset dataset,
                               Make(ratio, 10, 50, 0, "isotropic"));
    const Moments m = MomentsOf(dataset.train, 10, at::kFloat);
    EXPECT_NEAR(ValueOf("variance_ratio", m) / ratio, 1, 1e-4);
  }
}

}  // namespace
}  // namespace nclab
