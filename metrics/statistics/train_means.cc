// train_means: class means of the training split, with the samples of this one
// around them. Needs no look: with class moments of both, exactly
//
//   E_c |h - nu_c|^2 = scatter_c / n_c + |mu_c - nu_c|^2.
#include <algorithm>
#include <memory>
#include <vector>

#include "metrics/statistics/kept/moments.h"
#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  Item(const Moments& own, const Moments& train) {
    std::vector<int64_t> both;
    std::vector<double> variance;
    const int64_t classes = std::min(own.classes(), train.classes());
    for (int64_t c = 0; c < classes; ++c) {
      if (own.count[c] == 0 || train.count[c] == 0) continue;
      both.push_back(c);
      variance.push_back(
          own.scatter[c] / static_cast<double>(own.count[c]) +
          SquaredDistance(own.mean_of(c), train.mean_of(c), own.dim));
    }
    const double rounding = MeansRounding(train);
    for (size_t i = 0; i < both.size(); ++i) {
      for (size_t j = i + 1; j < both.size(); ++j) {
        const double distance = SquaredDistance(
            train.mean_of(both[i]), train.mean_of(both[j]), own.dim);
        coincide_ = coincide_ || distance <= rounding;
        sum_ += (variance[i] + variance[j]) / (2 * distance);
        ++pairs_;
      }
    }
  }

  bool WantsLook(int) override { return false; }
  void Add(const Batch&) override {}
  Arrays Finish() const override {
    return {{"pairs", Array(pairs_)},
            {"coincide", Array(int64_t{coincide_})},
            {"cdnv", Array(sum_)}};
  }
  absl::Status Merge(const Arrays&) override { return absl::OkStatus(); }

 private:
  int64_t pairs_ = 0;
  bool coincide_ = false;
  double sum_ = 0;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "train_means",
     .summary = "samples around the class means of the training split",
     .reference = "docs/metrics.md, CDNV",
     .arrays = {{"pairs", "", "pairs of classes present in both splits"},
                {"coincide", "", "1 if two of these means are one point"},
                {"cdnv", "",
                 "sum over pairs of (u_a + u_b) / (2 |nu_a - nu_b|^2), nu the "
                 "means of the training split, u_c = E_c |h - nu_c|^2; of "
                 "split test"}},
     .after = {"class_moments"}},
    [](const Params&,
       const StatisticInput& input) -> std::unique_ptr<Statistic> {
      if (input.train == nullptr || !input.train->Has("class_moments")) {
        return nullptr;
      }
      return std::make_unique<Item>(input.own->As<Moments>(),
                                    input.train->As<Moments>());
    });

}  // namespace
}  // namespace nclab
