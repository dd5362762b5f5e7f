// projections: how samples lie to the class means. How they are added up:
// sums/projections.h.
#include "metrics/statistics/sums/projections.h"

#include "metrics/statistics/statistic.h"

namespace nclab {
namespace {

class Item final : public Statistic {
 public:
  explicit Item(const StatisticInput& input)
      : sums_(input.own->As<Moments>(),
              input.train && input.train->Has("class_moments")
                  ? &input.train->As<Moments>()
                  : nullptr,
              input.device) {}

  void Add(const Batch& batch) override {
    sums_.Add(batch.features, batch.labels, batch.decisions);
  }
  Arrays Finish() const override { return sums_.Finish().ToArrays(); }
  absl::Status Merge(const Arrays& sums) override {
    Kept kept;
    kept.Set("projections", sums);
    sums_.Merge(kept.As<Projections>());
    return absl::OkStatus();
  }

 private:
  ProjectionSums sums_;
};

NCLAB_REGISTER_STATISTIC(
    {.name = "projections",
     .summary = "how samples lie to the class means: span, nearest, between",
     .reference = "docs/metrics.md, NC1 and NC4",
     .arrays =
         {{"finite", "", "1 if every feature is; else 0"},
          {"whitened", "",
           "sum_i |G^+ M z_i|^2, z_i = h_i - mu_y, G = M M^T: N/K times the "
           "trace of NC1"},
          {"in_span", "",
           "sum_i |P z_i|^2, P the projection onto the span of the rows of M"},
          {"rank", "", "of G"},
          {"spectrum", "[P]", "eigenvalues of G of the P classes, ascending"},
          {"along", "[P, P]",
           "sum over class a of (z . (mu_a - mu_b))^2; up to 1,000 classes"},
          {"correct", "", "samples whose nearest class mean is their label's"},
          {"coincide", "", "1 if the class means are one point; else 0"},
          {"disagree", "",
           "samples whose nearest class mean is not their decision; if there "
           "are decisions"},
          {"train_correct", "",
           "as correct, means of the training split; on split test"},
          {"train_coincide", "", "as coincide, means of the training split"},
          {"train_disagree", "", "as disagree, means of the training split"}},
     .after = {"class_moments"}},
    [](const Params&, const StatisticInput& input) {
      return std::make_unique<Item>(input);
    });

}  // namespace
}  // namespace nclab
