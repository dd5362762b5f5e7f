// second_moments: the covariance within classes, and with the class means that
// of all samples; kept as their spectra. How they are found:
// sums/covariance.h.
#include <ATen/TensorOperators.h>
#include <ATen/ops/zeros.h>

#include <algorithm>
#include <cmath>

#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/covariance.h"
#include "metrics/statistics/sums/tensor_array.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input)
      : moments_(input.own->As<Moments>()), dim_(input.dim) {
    if (dim_ > kMostDims) return;
    means_ = BorrowMeans(moments_).to(input.device);
    outer_ = at::zeros({dim_, dim_},
                       at::TensorOptions(at::kDouble).device(input.device));
  }

  bool WantsLook(int n) override { return outer_.defined() && n == 0; }

  void Add(const Batch& batch) override {
    const at::Tensor z =
        batch.features.to(at::kDouble) - means_.index_select(0, batch.labels);
    outer_ += z.t().mm(z);
  }

  Arrays Finish() const override {
    Arrays arrays = {{"dim", Array(dim_)}};
    if (!outer_.defined()) return arrays;
    const int64_t n = std::max<int64_t>(1, moments_.total());
    const at::Tensor within = outer_.cpu() / static_cast<double>(n);
    const bool finite = std::isfinite(within.abs().sum().item<double>());
    arrays["finite"] = Array(int64_t{finite});
    if (!finite) return arrays;
    const CovarianceSpectra spectra = SpectraOf(moments_, within);
    arrays["within"] = ToArray(spectra.within);
    arrays["total"] = ToArray(spectra.total);
    arrays["unexplained"] = Array(spectra.unexplained);
    arrays["rank"] = Array(spectra.rank);
    return arrays;
  }

  Arrays Sums() const override {
    return outer_.defined() ? Arrays{{"outer", ToArray(outer_)}} : Arrays{};
  }
  absl::Status Merge(const Arrays& sums) override {
    outer_ += Borrow(sums.at("outer")).to(outer_.device());
    return absl::OkStatus();
  }

 private:
  const Moments moments_;
  const int64_t dim_;
  at::Tensor means_, outer_;  // fp64 [K, D], [D, D]
};

NCLAB_REGISTER_STATISTIC(
    {.name = "second_moments",
     .summary = "spectra of the covariances within classes and of all samples",
     .reference = "docs/metrics.md, ranks and VCI",
     .arrays =
         {{"dim", "", "D; of more than 2,048 there is nothing else"},
          {"finite", "", "1 if every feature is; else 0, and nothing below"},
          {"within", "[D]",
           "eigenvalues of Sigma_W, ascending, in units of "
           "h squared"},
          {"total", "[D]",
           "the same of the covariance of all samples around "
           "their mean"},
          {"rank", "", "of Sigma_B"},
          {"unexplained", "",
           "rank - Tr((Sigma_W + Sigma_B)^+ Sigma_B), between 0 and rank"}},
     .after = {"class_moments"}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
