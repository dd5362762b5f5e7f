// ridge: how many samples the probe ridge_fit of the training split gets right;
// of the training split itself, its own.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <cmath>
#include <limits>

#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  Item(const StatisticInput& input, const Kept& fitted)
      : dim_(input.dim),
        correct_(
            at::zeros({}, at::TensorOptions(at::kLong).device(input.device))),
        finite_(at::zeros(
            {}, at::TensorOptions(at::kDouble).device(input.device))) {
    if (!fitted.Has("ridge_fit.weight")) return;
    const auto of = [&](const char* name) {
      return Borrow(fitted.Get("ridge_fit", name)).to(input.device);
    };
    // From one that no sample had nothing is decided.
    share_ = of("share");
    share_ = share_.masked_fill(share_ == 0,
                                -std::numeric_limits<double>::infinity());
    origin_ = of("origin");
    weight_ = of("weight").t();
  }

  bool WantsLook(int n) override { return weight_.defined() && n == 0; }

  void Add(const Batch& batch) override {
    const at::Tensor& labels =
        batch.fine_labels.defined() ? batch.fine_labels : batch.labels;
    if (labels.size(0) == 0) return;
    const at::Tensor scores =
        (batch.features.to(at::kDouble) - origin_).mm(weight_);
    finite_ += scores.abs().sum();
    correct_ += ((scores + share_).argmax(1) == labels).sum();
    samples_ += labels.size(0);
  }

  Arrays Finish() const override {
    Arrays arrays = {{"dim", Array(dim_)}, {"samples", Array(samples_)}};
    if (!weight_.defined()) return arrays;
    arrays["correct"] = Array(correct_.item<int64_t>());
    arrays["finite"] = Array(int64_t{std::isfinite(finite_.item<double>())});
    return arrays;
  }

  absl::Status Merge(const Arrays& sums) override {
    if (!weight_.defined()) return absl::OkStatus();
    samples_ += sums.at("samples").integer();
    correct_ += sums.at("correct").integer();
    if (sums.at("finite").integer() == 0) {
      finite_ += std::numeric_limits<double>::infinity();
    }
    return absl::OkStatus();
  }

 private:
  const int64_t dim_;
  int64_t samples_ = 0;
  at::Tensor correct_, finite_, share_, origin_, weight_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "ridge",
     .summary = "hits of the ridge probe that was fitted to the training split",
     .reference = "Hoerl, Kennard, Technometrics 12 (1970)",
     .arrays = {{"dim", "", "D"},
                {"samples", "", "N; 0 if there is no fit"},
                {"correct", "",
                 "samples whose largest score is their label's; "
                 "fine labels where a view joined classes"},
                {"finite", "", "1 if every feature is; else 0"}},
     .after = {"ridge_fit"}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(
          input, input.train != nullptr ? *input.train : *input.own);
    });

}  // namespace
}  // namespace nclab
