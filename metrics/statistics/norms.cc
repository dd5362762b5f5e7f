// norms: lengths of the features. Batches are joined by their means and their
// sums of squares around them (Chan, Golub, LeVeque 1979).
#include <ATen/TensorOperators.h>
#include <ATen/ops/linalg_vector_norm.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(at::Device device)
      : mean_(at::zeros({}, at::TensorOptions(at::kDouble).device(device))),
        deviations_(mean_.clone()) {}

  void Add(const Batch& batch) override {
    const int64_t n = batch.features.size(0);
    if (n == 0) return;
    const at::Tensor norms = at::linalg_vector_norm(
        batch.features, 2, at::IntArrayRef{1}, false, at::kDouble);
    const at::Tensor mean = norms.mean();
    Join(n, mean, (norms - mean).square().sum());
  }

  Arrays Finish() const override {
    return {{"samples", Array(samples_)},
            {"mean", Array(mean_.item<double>())},
            {"deviations", Array(deviations_.item<double>())}};
  }

  absl::Status Merge(const Arrays& sums) override {
    const int64_t n = sums.at("samples").integer();
    if (n == 0) return absl::OkStatus();
    const auto number = [&](const char* name) {
      return at::zeros_like(mean_) + sums.at(name).real();
    };
    Join(n, number("mean"), number("deviations"));
    return absl::OkStatus();
  }

 private:
  void Join(int64_t n, const at::Tensor& mean, const at::Tensor& deviations) {
    const double a = static_cast<double>(samples_), b = static_cast<double>(n);
    const at::Tensor away = mean - mean_;
    deviations_ = deviations_ + deviations + away * away * (a * b / (a + b));
    mean_ = mean_ + away * (b / (a + b));
    samples_ += n;
  }

  int64_t samples_ = 0;
  at::Tensor mean_, deviations_;
};

NCLAB_REGISTER_STATISTIC({.name = "norms",
                          .summary = "lengths of the features",
                          .reference = "standard",
                          .arrays = {{"samples", "", "N"},
                                     {"mean", "", "E|h|, in units of h"},
                                     {"deviations", "",
                                      "sum_i (|h_i| - E|h|)^2"}}},
                         [](const Params&, const StatisticInput& input) {
                           return std::make_unique<Item>(input.device);
                         });

}  // namespace
}  // namespace nclab
