// k_means: K centres for the features at T, whatever the labels say. How they
// are found: sums/k_means.h.
#include "metrics/statistics/sums/k_means.h"

#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input) : fit_(input.own->As<Moments>()) {}

  bool WantsLook(int n) override { return fit_.WantsLook(n); }
  void Add(const Batch& batch) override { fit_.Add(batch.features.cpu()); }
  Arrays Finish() const override { return fit_.Finish().ToArrays(); }
  absl::Status Merge(const Arrays&) override {
    return absl::UnimplementedError(
        "k-means samples the rows of a whole split.");
  }

 private:
  KMeansFit fit_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "k_means",
     .summary = "centres of k-means on the features at the last step",
     .reference = "arXiv 2202.08384, section 3.1; Lloyd 1982; Arthur and "
                  "Vassilvitskii 2007",
     .arrays = {{"centers", "[P, D]", "c_i, in units of h; P classes present"},
                {"inertia", "", "E min_i |h - c_i|^2"},
                {"degenerate", "", "centres without samples, or twice there"},
                {"rows_seen", "", "samples that each start saw"},
                {"starts", "[S, 5]",
                 "inertia, ratio, iterations, empty, duplicate of each start"},
                {"finite", "", "1 if every feature is; else 0, and no fit"}},
     .time = StatisticTime::kAtT,
     .after = {"class_moments"},
     .merges = false},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
