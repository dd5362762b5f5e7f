// clusters: the centres of k-means at T, applied to the features at t.
#include <limits>
#include <optional>

#include "metrics/statistics/statistic.h"
#include "metrics/statistics/sums/k_means.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input) {
    const KMeans& fit = input.last->As<KMeans>();
    if (!fit.finite) {
      known_ = {std::numeric_limits<double>::quiet_NaN(),
                std::numeric_limits<double>::quiet_NaN(), 0};
    } else if (input.last == input.own) {  // the fit has seen these samples
      known_ = {fit.inertia, BetweenVariance(fit.centers), fit.degenerate};
    } else {
      sums_.emplace(fit);
    }
  }

  bool WantsLook(int n) override { return sums_ && n == 0; }
  void Add(const Batch& batch) override { sums_->Add(batch.features.cpu()); }
  Arrays Finish() const override {
    return (sums_ ? sums_->Finish() : known_).ToArrays();
  }
  Arrays Sums() const override { return sums_->clusters().ToArrays(); }
  absl::Status Merge(const Arrays& sums) override {
    Kept kept;
    kept.Set("class_moments", sums);
    sums_->Merge(kept.As<Moments>());
    return absl::OkStatus();
  }

 private:
  Clusters known_;
  std::optional<ClusterSums> sums_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "clusters",
     .summary = "variance around the centres of k-means at the last step",
     .reference = "arXiv 2202.08384, section 3.1",
     .arrays = {{"within", "", "E min_i |h - c_i|^2"},
                {"between", "", "(1/K) sum_i |c_i - c|^2"},
                {"degenerate", "", "as in k_means"}},
     .time = StatisticTime::kAfterT,
     .after = {"k_means"}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
