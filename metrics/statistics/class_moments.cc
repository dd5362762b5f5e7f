// class_moments: counts, means and scatter of each class. How they are added
// up: sums/class_moments.h.
#include "metrics/statistics/sums/class_moments.h"

#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input)
      : sums_(input.classes, input.dim, input.device) {}

  void Add(const Batch& batch) override {
    sums_.Add(batch.features, batch.labels);
  }
  Arrays Finish() const override { return sums_.Finish().ToArrays(); }
  absl::Status Merge(const Arrays& sums) override {
    Kept kept;
    kept.Set("class_moments", sums);
    sums_.Merge(kept.As<Moments>());
    return absl::OkStatus();
  }

 private:
  ClassMoments sums_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "class_moments",
     .summary = "counts, means and scatter of each class",
     .reference = "docs/metrics.md, notation",
     .arrays = {{"count", "[K]", "n_c, samples of class c"},
                {"mean", "[K, D]", "mu_c, in units of h; 0 if n_c is 0"},
                {"scatter", "[K]", "sum over class c of |h - mu_c|^2"}}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
