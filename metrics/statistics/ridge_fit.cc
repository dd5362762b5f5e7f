// ridge_fit: a linear probe in closed form, fitted to the training split. With
// x = h - o, o the mean of the samples, y the one-hot labels and S the
// covariance of the samples:
//
//   V = (S + 0.01 Tr(S)/D I)^-1 E[x y^T],  scores V^T x + E[y].
//
// Labels are the fine ones where a view joined classes. Source: Hoerl, Kennard,
// Technometrics 12 (1970); one-hot targets: Hastie, Tibshirani, Friedman, The
// Elements of Statistical Learning, section 4.2.
#include <ATen/TensorOperators.h>
#include <ATen/ops/arange.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/cholesky_solve.h>
#include <ATen/ops/linalg_cholesky_ex.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <tuple>

#include "metrics/statistics/kept/moments.h"
#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

// Of D more than this no D x D matrix is formed.
constexpr int64_t kMostDims = 4096;

// Of the mean eigenvalue of the covariance.
constexpr double kPenalty = 0.01;

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input) : dim_(input.dim) {
    if (input.train != nullptr || dim_ > kMostDims) return;
    const Moments& moments = input.own->As<Moments>();
    const at::TensorOptions doubles(at::kDouble);
    const at::Tensor means = BorrowMeans(moments);
    origin_ = at::zeros({dim_}, doubles);
    const double n = static_cast<double>(moments.total());
    for (int64_t c = 0; c < moments.classes(); ++c) {
      origin_ += means.select(0, c) *
                 (static_cast<double>(moments.count[c]) / std::max(1.0, n));
    }
    origin_ = origin_.to(input.device);
    outer_ = at::zeros({dim_, dim_}, origin_.options());
    cross_ = at::zeros({0, dim_}, origin_.options());
    count_ = at::zeros({0}, origin_.options());
  }

  bool WantsLook(int n) override { return outer_.defined() && n == 0; }

  void Add(const Batch& batch) override {
    const at::Tensor& labels =
        batch.fine_labels.defined() ? batch.fine_labels : batch.labels;
    if (labels.size(0) == 0) return;
    Grow(labels.max().item<int64_t>() + 1);
    const at::Tensor x = batch.features.to(at::kDouble) - origin_;
    outer_ += x.t().mm(x);
    const at::Tensor of_class =
        (at::arange(count_.size(0), labels.options()).unsqueeze(1) == labels)
            .to(at::kDouble);
    cross_ += of_class.mm(x);
    count_ += of_class.sum(1);
  }

  Arrays Finish() const override {
    Arrays arrays = {{"dim", Array(dim_)}};
    if (!outer_.defined()) return arrays;
    const at::Tensor count = count_.cpu();
    const double n = count.sum().item<double>();
    arrays["samples"] = Array(static_cast<int64_t>(n));
    if (n == 0) return arrays;
    at::Tensor covariance = outer_.cpu() / n;
    const double trace = covariance.trace().item<double>();
    if (!std::isfinite(covariance.abs().sum().item<double>())) return arrays;
    covariance.diagonal().add_(kPenalty * trace / static_cast<double>(dim_));
    const at::Tensor cross = cross_.cpu() / n;  // [F, D]
    at::Tensor weight = at::zeros({cross.size(0), dim_}, cross.options());
    // Of features that are one point the scores are the shares.
    if (trace > 0) {
      const auto [root, info] = at::linalg_cholesky_ex(covariance);
      if (info.item<int>() != 0) return arrays;
      weight = at::cholesky_solve(cross.t(), root).t();
    }
    arrays["weight"] = ToArray(weight);
    arrays["share"] = ToArray(count / n);
    arrays["origin"] = ToArray(origin_);
    return arrays;
  }

  Arrays Sums() const override {
    if (!outer_.defined()) return {};
    return {{"outer", ToArray(outer_)},
            {"cross", ToArray(cross_)},
            {"count", ToArray(count_)}};
  }
  absl::Status Merge(const Arrays& sums) override {
    const auto of = [&](const char* name) {
      return Borrow(sums.at(name)).to(outer_.device());
    };
    const int64_t classes = sums.at("count").shape().at(0);
    Grow(classes);
    outer_ += of("outer");
    cross_.slice(0, 0, classes) += of("cross");
    count_.slice(0, 0, classes) += of("count");
    return absl::OkStatus();
  }

 private:
  void Grow(int64_t classes) {
    const int64_t more = classes - count_.size(0);
    if (more <= 0) return;
    cross_ = at::cat({cross_, at::zeros({more, dim_}, cross_.options())});
    count_ = at::cat({count_, at::zeros({more}, count_.options())});
  }

  const int64_t dim_;
  at::Tensor origin_, outer_, cross_, count_;  // [D], [D, D], [F, D], [F]
};

NCLAB_REGISTER_STATISTIC(
    {.name = "ridge_fit",
     .summary =
         "ridge regression of the labels on the features, in closed form",
     .reference = "Hoerl, Kennard, Technometrics 12 (1970)",
     .arrays = {{"dim", "",
                 "D; of more than 4,096, or of a split that has a training "
                 "split, there is nothing else"},
                {"samples", "",
                 "N; if 0, or if a feature is not finite, there is "
                 "nothing below"},
                {"weight", "[F, D]",
                 "V, scores by unit of h; F labels, fine ones "
                 "where a view joined classes"},
                {"share", "[F]", "of the samples that have a label"},
                {"origin", "[D]", "o, in units of h"}},
     .after = {"class_moments"}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
